/** Deno's HTTP clients: straight to a server on this machine, by Deno's proxies to any other. */
import { isLoopback } from "../../generation/server_url.ts";
import { netHost, portOf } from "./base_url.ts";

/**
 * The HTTP clients of this process. Whoever made this disposes it, unless the process ends.
 */
export class HttpClients implements Disposable {
  readonly #clients = new Map<string, Deno.HttpClient>();

  /**
   * The `client` for `fetch()` and `WebSocket`; none is Deno's own.
   *
   * Deno's own heeds `HTTP_PROXY` even for localhost, and SwarmUI then takes us for a stranger
   * (`swarmui-protocol.md §1.5`). That of a server on this machine connects to the server itself and
   * names the whole address in the request, as to a proxy; SwarmUI takes that (§20.6), and Deno's
   * permission for the server is enough (measured with Deno 2.9.6). Whatever address it is used for
   * goes to that one server, so there is one for each. Deno checks the permission at once, so it is
   * made when it is first used.
   *
   * @param url Any address on the server.
   * @param isOnce For a request that the server must never get twice. Deno keeps connections, and if
   *   a server closes one while a request is on its way, Deno sends the request once more, a POST too,
   *   though the server may have read it (measured with Deno 2.9.6). It does not on a new connection,
   *   so this client keeps none.
   * @throws {Deno.errors.NotCapable} Without permission for the server.
   */
  to(url: string, isOnce = false): { readonly client?: Deno.HttpClient } {
    const { protocol, hostname } = new URL(url);
    const isDirect = this.isDirect(url);
    if (!isDirect && !isOnce) return {};
    const key = `${protocol} ${netHost(url)} ${isOnce}`;
    const client = this.#clients.get(key) ?? Deno.createHttpClient({
      ...(isDirect ? { proxy: { transport: "tcp", hostname, port: portOf(new URL(url)) } } : {}),
      ...(isOnce ? { poolMaxIdlePerHost: 0 } : {}),
    });
    this.#clients.set(key, client);
    return { client };
  }

  /** Says whether an address is asked without Deno's proxies. */
  isDirect(url: string): boolean {
    return url.startsWith("http:") && isLoopback(url);
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}
