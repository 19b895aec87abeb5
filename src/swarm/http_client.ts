/** Requests by `fetch()`, straight to a server on this machine and by Deno's proxies to any other. */
import { isLoopback } from "../generation/server_url.ts";
import { netHost, portOf } from "./base_url.ts";

/** One request. */
export interface HttpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Posted; `null`: the path is got. */
  readonly body: string | null;
  /** Whether the server must never get it twice. */
  readonly isOnce: boolean;
  readonly signal: AbortSignal;
}

/**
 * The HTTP clients of this process. Whoever made this disposes it, unless the process ends.
 */
export class HttpClients implements Disposable {
  /** One for each server on this machine. */
  readonly #direct = new Map<string, Deno.HttpClient>();
  readonly #ofOneRequest: Deno.HttpClient[] = [];

  /**
   * How to reach a server: the `client` for `fetch()` and `WebSocket`; none is Deno's own.
   *
   * Deno's own heeds `HTTP_PROXY` even for localhost, and SwarmUI then takes us for a stranger
   * (`swarmui-protocol.md §1.5`). That of a server on this machine connects to the server itself and
   * names the whole address in the request, as to a proxy; SwarmUI takes that (§20.6), and Deno's
   * permission for the server is enough (measured with Deno 2.9.6). Whatever address it is used for
   * goes to that one server, so there is one for each. Deno checks the permission at once, so it is
   * made when it is first used.
   *
   * @param serverUrl A normalised address.
   * @throws {Deno.errors.NotCapable} Without permission for the server.
   */
  to(serverUrl: string): { readonly client?: Deno.HttpClient } {
    if (!isDirect(serverUrl)) return {};
    const server = netHost(serverUrl);
    const client = this.#direct.get(server) ?? createClient(serverUrl);
    this.#direct.set(server, client);
    return { client };
  }

  /**
   * Sends a request; follows no redirect.
   *
   * Deno keeps connections. If a server closes one while a request is on its way, Deno sends the
   * request once more, a POST too, though the server may have read it (measured with Deno 2.9.6). It
   * does not if the connection is new, so a request that must not come twice gets one by a client of
   * its own.
   *
   * @throws What `networkProblem()` understands, or the signal's reason; so does the body.
   */
  async send(serverUrl: string, request: HttpRequest): Promise<Response> {
    const { url, headers, body, isOnce, signal } = request;
    const method = body === null ? "GET" : "POST";
    const init: RequestInit = { method, headers, body, redirect: "manual", signal };
    return await fetch(url, { ...init, ...(isOnce ? this.#once(serverUrl) : this.to(serverUrl)) });
  }

  [Symbol.dispose](): void {
    for (const client of [...this.#direct.values(), ...this.#ofOneRequest]) client.close();
    this.#direct.clear();
    this.#ofOneRequest.length = 0;
  }

  #once(serverUrl: string): { readonly client: Deno.HttpClient } {
    const client = createClient(serverUrl);
    this.#ofOneRequest.push(client);
    return { client };
  }
}

/** Says whether a server is of this machine, in plain HTTP. */
function isDirect(serverUrl: string): boolean {
  return serverUrl.startsWith("http:") && isLoopback(serverUrl);
}

function createClient(serverUrl: string): Deno.HttpClient {
  if (!isDirect(serverUrl)) return Deno.createHttpClient({});
  const url = new URL(serverUrl);
  return Deno.createHttpClient({
    proxy: { transport: "tcp", hostname: url.hostname, port: portOf(url) },
  });
}
