/** One HTTP/1.1 request as it was received. */
import { type Connection, joined } from "./connection.ts";

const MAX_HEAD_BYTES = 65_536;
const MAX_BODY_BYTES = 200 * 1_048_576;
/** Chunked bodies are refused anyway (`swarmui-protocol.md §2.2`), so they need not be large. */
const MAX_CHUNKED_BYTES = 1_048_576;

/** A request; its body was read completely, unless `bodyTooLarge`. */
export interface HttpRequest {
  readonly method: string;
  /** The path as sent: still percent-encoded, `//` and `..` untouched, without the query. */
  readonly path: string;
  readonly headers: Headers;
  /** `Content-Length`; `null` if there is none, as with a chunked body. */
  readonly contentLength: number | null;
  readonly body: Uint8Array;
  /** The body is longer than the server accepts; it is still on the connection. */
  readonly bodyTooLarge: boolean;
}

/**
 * Reads the next request of a connection.
 *
 * @returns `null` if the connection ended, or if the bytes are not HTTP.
 */
export async function readRequest(connection: Connection): Promise<HttpRequest | null> {
  const head = await connection.readThrough("\r\n\r\n", MAX_HEAD_BYTES);
  if (head === null) return null;
  const [requestLine = "", ...headerLines] = head.trimEnd().split("\r\n");
  const [method = "", given = "", version = ""] = requestLine.split(" ");
  const headers = parseHeaders(headerLines);
  if (!version.startsWith("HTTP/1.") || headers === null) return null;
  const isChunked = headers.get("transfer-encoding")?.toLowerCase() === "chunked";
  const length = headers.get("content-length") ?? "";
  const contentLength = /^\d{1,15}$/.test(length) && !isChunked ? Number(length) : null;
  const bodyTooLarge = (contentLength ?? 0) > MAX_BODY_BYTES;
  const body = isChunked
    ? await readChunks(connection)
    : await connection.readExactly(bodyTooLarge ? 0 : contentLength ?? 0);
  if (body === null) return null;
  // a client of a proxy sends the whole address (`swarmui-protocol.md §20.6`)
  const [path = ""] = given.replace(/^https?:\/\/[^/?]*/i, "").split("?");
  return { method, path, headers, contentLength, body, bodyTooLarge };
}

function parseHeaders(lines: readonly string[]): Headers | null {
  const headers = new Headers();
  try {
    for (const line of lines) {
      const [name = ""] = line.split(":");
      headers.append(name, line.slice(name.length + 1).trim());
    }
    return headers;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

async function readChunks(connection: Connection): Promise<Uint8Array | null> {
  let body: Uint8Array = new Uint8Array(0);
  while (true) {
    const size = parseInt(await connection.readThrough("\r\n", 1_024) ?? "", 16);
    if (Number.isNaN(size) || body.length + size > MAX_CHUNKED_BYTES) return null;
    const chunk = await connection.readExactly(size);
    if (chunk === null || await connection.readExactly(2) === null) return null;
    if (size === 0) return body;
    body = joined([body, chunk]);
  }
}
