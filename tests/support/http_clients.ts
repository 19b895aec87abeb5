/**
 * HTTP clients that are closed after the test that used them. A test asks a server on this machine
 * as the program does: no proxy that is set where the tests run comes between.
 */
import { HttpClients } from "../../src/swarm/http/http_client.ts";

const opened: HttpClients[] = [];

Deno.test.afterEach(() => {
  for (const clients of opened.splice(0)) clients[Symbol.dispose]();
});

/** Clients for the test that runs. */
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
  return (opened[0] ?? testHttpClients()).to(url);
}
