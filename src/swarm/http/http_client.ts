/**
 * Deno's HTTP clients: directly to servers on this machine, and through Deno's proxies to all
 * others.
 */
import { isLoopback, portOf } from "../../generation/server/server_url.ts";

/** The HTTP clients of this process. Whoever made this disposes it, unless the process ends. */
export class HttpClients implements Disposable {
  readonly #clients = new Map<string, Deno.HttpClient>();

  /**
   * The `client` for `fetch()` and `WebSocket`; without one, Deno's own is used.
   *
   * Deno's own uses `HTTP_PROXY` even for localhost, and SwarmUI then does not see that this
   * machine asks (`swarmui-protocol.md §1.5`). So for a server on this machine, a client is used
   * that takes the server itself for its proxy: it connects to the server and puts the whole
   * address into the request. SwarmUI accepts that (§20.6), and Deno's permission for the server is
   * enough (measured with Deno 2.9.6). Such a client sends everything to that one server, so there
   * is one for each. Deno checks the permission when it is made, so it is made when it is first
   * used.
   *
   * @param baseUrl The server's normalised address.
   * @param isOnce For a request that the server must never get twice. Deno keeps connections open,
   * and if a server closes one while a request is on its way, Deno sends the request again, even a
   * POST, although the server may have read it (measured with Deno 2.9.6). It does not do so on a
   * new connection, so this client keeps none.
   * @throws {Deno.errors.NotCapable} Without permission for the server.
   */
  to(baseUrl: string, isOnce = false): { readonly client?: Deno.HttpClient } {
    const isDirect = isAskedDirectly(baseUrl);
    if (!isDirect && !isOnce) return {};
    const key = `${baseUrl} ${isOnce}`;
    const client = this.#clients.get(key) ?? Deno.createHttpClient({
      ...(isDirect ? { proxy: itselfAsProxy(baseUrl) } : {}),
      ...(isOnce ? { poolMaxIdlePerHost: 0 } : {}),
    });
    this.#clients.set(key, client);
    return { client };
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}

/** Says whether a server is asked without Deno's proxies. */
export function isAskedDirectly(baseUrl: string): boolean {
  return baseUrl.startsWith("http:") && isLoopback(baseUrl);
}

function itselfAsProxy(baseUrl: string): Deno.Proxy {
  const url = new URL(baseUrl);
  return { transport: "tcp", hostname: url.hostname, port: portOf(url) };
}
