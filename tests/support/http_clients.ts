/**
 * HTTP clients that are closed after the test. Like the program, a test asks a server on this
 * machine directly, even if a proxy is set where the tests run.
 */
import { HttpClients } from "../../src/swarm/http/http_client.ts";

const opened: HttpClients[] = [];

Deno.test.afterEach(() => {
  for (const clients of opened.splice(0)) clients[Symbol.dispose]();
});

/** Clients for the running test. */
export function testHttpClients(): HttpClients {
  const clients = new HttpClients();
  opened.push(clients);
  return clients;
}

/** `fetch()` from a server on this machine. */
export async function fetchHere(url: string, init: RequestInit = {}): Promise<Response> {
  return await fetch(url, { ...init, ...clientHere(url) });
}

/** The `client` of a WebSocket to a server on this machine, at its `http:` address. */
export function clientHere(url: string): { readonly client?: Deno.HttpClient } {
  return (opened[0] ?? testHttpClients()).to(new URL(url).origin);
}
