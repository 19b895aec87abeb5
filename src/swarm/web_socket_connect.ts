/** Opening a WebSocket: connect, upgrade, check (RFC 6455 §4). */
import { type CallFailure, failure } from "./failure.ts";
import { networkProblem } from "./network_problem.ts";
import { WebSocketConnection } from "./web_socket.ts";
import { ConnectionBytes } from "./web_socket_frames.ts";

/** The longest head of an answer that is read. */
const MAX_HEAD_BYTES = 64 * 1024;
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
  let conn: Deno.Conn | null = null;
  // What is under way on an open connection ends when the connection does.
  function giveUp(): void {
    if (conn !== null) closeOnce(conn);
  }
  signal.addEventListener("abort", giveUp);
  try {
    const tcp = await Deno.connect({ hostname: hostOf(url), port: portOf(url), signal });
    conn = tcp;
    signal.throwIfAborted();
    tcp.setNoDelay(true);
    tcp.setKeepAlive(true);
    if (url.protocol === "https:") {
      conn = await Deno.startTls(tcp, { hostname: hostOf(url), alpnProtocols: ["http/1.1"] });
      signal.throwIfAborted();
    }
    const opened = await upgrade(conn, { url, options });
    signal.throwIfAborted();
    if ("ok" in opened) giveUp();
    return opened;
  } catch (error) {
    giveUp();
    options.signal.throwIfAborted();
    return deadline.signal.aborted
      ? failure("timeout", "no WebSocket in time")
      : networkProblem(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
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
  let rest = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  while (rest.length > 0) rest = rest.subarray(await conn.write(rest));
  const answer = await readHead(conn);
  if (answer === null) return failure("unreachable", "no complete answer to the WebSocket request");
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer.head)?.[1];
  if (status !== "101") {
    return failure("not_swarmui", `the WebSocket was refused with HTTP status ${status ?? "none"}`);
  }
  const accept = /^sec-websocket-accept:[ \t]*(\S+)[ \t]*$/im.exec(answer.head)?.[1];
  if (accept !== await acceptOf(key)) {
    return failure("not_swarmui", "the answer to the WebSocket request does not fit it");
  }
  const source = new ConnectionBytes(conn, answer.rest);
  return new WebSocketConnection(conn, { source, maxMessageBytes: options.maxMessageBytes });
}

/** The answer's head, and what came after it. */
async function readHead(
  conn: Deno.Conn,
): Promise<{ readonly head: string; readonly rest: Uint8Array } | null> {
  const buffer = new Uint8Array(MAX_HEAD_BYTES);
  let length = 0;
  while (length < buffer.length) {
    const count = await conn.read(buffer.subarray(length));
    if (count === null) return null;
    length += count;
    const head = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = head.indexOf("\r\n\r\n");
    if (end >= 0) return { head: head.slice(0, end), rest: buffer.slice(end + 4, length) };
  }
  return null;
}

async function acceptOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + ACCEPT_GUID));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function portOf(url: URL): number {
  return url.port !== "" ? Number(url.port) : url.protocol === "https:" ? 443 : 80;
}

function closeOnce(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
