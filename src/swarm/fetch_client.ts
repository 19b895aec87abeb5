/** Requests by `fetch()`: proxies, TLS and whatever else Deno was told of the network. */
import { readBounded } from "./bounded_body.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "./http_client.ts";

/** A client that sends by `fetch`. */
export function createFetchClient(send: typeof fetch = fetch): HttpClient {
  async function open(request: HttpRequest, signal: AbortSignal): Promise<Response> {
    const { url, headers, body } = request;
    const method = body === null ? "GET" : "POST";
    return await send(url, { method, headers, body, redirect: "manual", signal });
  }
  return {
    open,
    async send(request, { maxBytes, signal }): Promise<HttpAnswer | null> {
      const response = await open(request, signal);
      const body = await readBounded(response, maxBytes);
      return body === null ? null : { status: response.status, headers: response.headers, body };
    },
  };
}
