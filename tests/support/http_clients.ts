/** HTTP clients that are closed after the test that used them. */
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
