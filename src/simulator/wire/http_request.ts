/** One HTTP/1.1 request as it came over the wire. */
import type { ByteReader } from "./byte_reader.ts";

const MAX_HEAD_BYTES = 65_536;
/** Chunked bodies are refused anyway (`swarmui-protocol.md §2.2`), so they need not be large. */
const MAX_CHUNKED_BYTES = 1_048_576;

/** A request; its body was read completely, unless `bodyTooLarge`. */
export interface HttpRequest {
  readonly method: string;
  /** The path as sent: still percent-encoded, `//` and `..` untouched, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** `Content-Length`; `null` if there is none, as with a chunked body. */
  readonly contentLength: number | null;
  readonly body: Uint8Array;
  /** The body is longer than the server reads; it is still on the connection. */
  readonly bodyTooLarge: boolean;
}

/**
 * Reads the next request of a connection.
 *
 * @param maxBodyBytes Longer bodies are left unread.
 * @returns `null` if the connection ended, or if what came is not HTTP.
 */
export async function readRequest(
  reader: ByteReader,
  maxBodyBytes: number,
): Promise<HttpRequest | null> {
  const head = await reader.readThrough("\r\n\r\n", MAX_HEAD_BYTES);
  if (head === null) return null;
  const [requestLine = "", ...headerLines] = head.split("\r\n");
  const [method = "", given = "", version = ""] = requestLine.split(" ");
  // who goes through a proxy sends the whole address (`swarmui-protocol.md §20.6`)
  const target = given.replace(/^https?:\/\/[^/?]*/i, "");
  const headers = parseHeaders(headerLines);
  if (!version.startsWith("HTTP/1.") || headers === null) return null;
  const contentLength = parseLength(headers.get("content-length"));
  const bodyTooLarge = contentLength !== null && contentLength > maxBodyBytes;
  const isChunked = headers.get("transfer-encoding")?.toLowerCase() === "chunked";
  const body = bodyTooLarge
    ? new Uint8Array(0)
    : isChunked
    ? await readChunks(reader, MAX_CHUNKED_BYTES)
    : await reader.readExactly(contentLength ?? 0);
  if (body === null) return null;
  const queryAt = target.indexOf("?");
  return {
    method,
    path: queryAt < 0 ? target : target.slice(0, queryAt),
    query: new URLSearchParams(queryAt < 0 ? "" : target.slice(queryAt + 1)),
    headers,
    contentLength: isChunked ? null : contentLength,
    body,
    bodyTooLarge,
  };
}

function parseHeaders(lines: readonly string[]): Headers | null {
  const headers = new Headers();
  for (const line of lines) {
    if (line === "") continue;
    const colon = line.indexOf(":");
    if (colon <= 0) return null;
    try {
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    } catch (error) {
      if (error instanceof TypeError) return null;
      throw error;
    }
  }
  return headers;
}

function parseLength(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

async function readChunks(reader: ByteReader, maxBytes: number): Promise<Uint8Array | null> {
  const chunks: number[] = [];
  while (true) {
    const size = parseInt(await reader.readThrough("\r\n", 1_024) ?? "", 16);
    if (Number.isNaN(size) || chunks.length + size > maxBytes) return null;
    const chunk = await reader.readExactly(size);
    if (chunk === null || await reader.readExactly(2) === null) return null;
    if (size === 0) return Uint8Array.from(chunks);
    for (const byte of chunk) chunks.push(byte);
  }
}
