/** Opening a WebSocket: connect, upgrade, check (RFC 6455 §4). */
import { connect, writeAll } from "./connection.ts";
import { type CallFailure, failure } from "./failure.ts";
import { readHead } from "./http_answer.ts";
import { IncomingBytes } from "./incoming_bytes.ts";
import { networkProblem } from "./network_problem.ts";
import { WebSocketConnection } from "./web_socket.ts";

/** What the server must prove to have understood (RFC 6455 §1.3). */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** How a WebSocket is opened. */
export interface ConnectOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for connecting, TLS and the server's agreement together. */
  readonly timeoutMs: number;
  readonly maxMessageBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Opens a WebSocket at an `http:` or `https:` address. Needs Deno's permission for its host and port,
 * which must have been checked.
 *
 * @throws The reason of `options.signal`, and nothing else.
 */
export async function connectWebSocket(
  url: URL,
  options: ConnectOptions,
): Promise<WebSocketConnection | CallFailure> {
  options.signal.throwIfAborted();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
  const signal = AbortSignal.any([options.signal, deadline.signal]);
  try {
    using connection = await connect(url, signal);
    const opened = await upgrade(connection.conn, { url, options });
    signal.throwIfAborted();
    if (!("ok" in opened)) connection.keep();
    return opened;
  } catch (error) {
    options.signal.throwIfAborted();
    return deadline.signal.aborted
      ? failure("timeout", "no WebSocket in time")
      : networkProblem(error);
  } finally {
    clearTimeout(timer);
  }
}

async function upgrade(
  conn: Deno.Conn,
  { url, options }: { readonly url: URL; readonly options: ConnectOptions },
): Promise<WebSocketConnection | CallFailure> {
  const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  const lines = [
    `GET ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    `sec-websocket-key: ${key}`,
    ...Object.entries(options.headers).map(([name, value]) => `${name}: ${value}`),
  ];
  await writeAll(conn, new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  const source = new IncomingBytes(conn);
  const { status, headers } = await readHead(source);
  if (status !== 101) {
    return failure("not_swarmui", `the WebSocket was refused with HTTP status ${status}`);
  }
  if (headers.get("sec-websocket-accept") !== await acceptOf(key)) {
    return failure("not_swarmui", "the answer to the WebSocket request does not fit it");
  }
  return new WebSocketConnection(conn, { source, maxMessageBytes: options.maxMessageBytes });
}

async function acceptOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + ACCEPT_GUID));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}
