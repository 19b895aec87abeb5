/**
 * Requests to a server on this machine, each over a connection of its own (RFC 9112).
 *
 * Not by `fetch()`, for two reasons. `fetch()` goes through the proxy of `HTTP_PROXY` even to
 * localhost, and SwarmUI then takes us for a stranger (`swarmui-protocol.md §1.5`); browsers do not,
 * nor does the WebSocket. And the first `fetch()` of a process takes half as long as an empty program
 * (`docs/benchmarks.md`), which `status` would pay each time.
 */
import { isLoopback } from "../generation/server_url.ts";
import { connect, writeAll } from "./connection.ts";
import { type AnswerHead, bodyPieces, gatherBody, readHead, unreadable } from "./http_answer.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "./http_client.ts";
import { IncomingBytes } from "./incoming_bytes.ts";

/** Says whether a normalised address is of this machine, in plain HTTP. */
export function isDirect(serverUrl: string): boolean {
  return serverUrl.startsWith("http:") && isLoopback(serverUrl);
}

/** A client that connects for each request, and only to addresses for which `isDirect()`. */
export function createDirectClient(): HttpClient {
  return {
    async send(request, { maxBytes, signal }): Promise<HttpAnswer | null> {
      using connection = await connect(new URL(request.url), signal);
      const { head, incoming } = await exchange(request, connection.conn);
      const body = await gatherBody(head, { incoming, maxBytes });
      return body === null ? null : { ...head, body };
    },
    async open(request, signal): Promise<Response> {
      const connection = await connect(new URL(request.url), signal);
      try {
        const { head, incoming } = await exchange(request, connection.conn);
        const { status, headers } = head;
        const body = streamOf(bodyPieces(head, incoming), connection);
        if (isBodyless(status)) await body.cancel();
        return new Response(isBodyless(status) ? null : body, { status, headers: [...headers] });
      } catch (error) {
        connection[Symbol.dispose]();
        throw error;
      }
    },
  };
}

/** Sends a request and reads the head of its answer. */
async function exchange(
  request: HttpRequest,
  conn: Deno.Conn,
): Promise<{ readonly head: AnswerHead; readonly incoming: IncomingBytes }> {
  // Not awaited: a server may answer, and read no further, before it has the whole body. If writing
  // fails, so does reading, or what is read is the answer.
  writeAll(conn, encodeRequest(request)).catch(() => {});
  const incoming = new IncomingBytes(conn);
  const head = await readHead(incoming);
  if (head.status < 200) throw unreadable("it is for a WebSocket");
  return { head, incoming };
}

/** A body, read only as fast as it is taken; at its end the connection is closed. */
function streamOf(pieces: AsyncIterable<Uint8Array>, connection: Disposable): ReadableStream {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      try {
        const { done, value } = await iterator.next();
        if (!done) return controller.enqueue(value);
        connection[Symbol.dispose]();
        controller.close();
      } catch (error) {
        connection[Symbol.dispose]();
        throw error;
      }
    },
    cancel: () => connection[Symbol.dispose](),
  }, { highWaterMark: 0 });
}

/** A `Response` of such a status may have no body, not even an empty one. */
function isBodyless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function encodeRequest({ url, headers, body }: HttpRequest): Uint8Array {
  const { pathname, search, host } = new URL(url);
  const encoder = new TextEncoder();
  const lines = [
    `${body === null ? "GET" : "POST"} ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    "connection: close",
    "accept: */*",
    "accept-encoding: identity",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === null ? [] : [`content-length: ${encoder.encode(body).length}`]),
  ];
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n${body ?? ""}`);
}
