/** One request and its answer on a connection. */
import { type Connection, joined } from "./connection.ts";
import { type HttpReply, statusText } from "./http_reply.ts";
import type { HttpRequest } from "./http_request.ts";
import { acceptKey } from "./server_socket.ts";

/** A request that needs an answer: a reply, a WebSocket, or deliberately none. */
export class HttpExchange {
  readonly request: HttpRequest;
  readonly #connection: Connection;
  readonly #stopping = Promise.withResolvers<void>();
  #canGoOn: boolean;
  #isStopping = false;
  #cut: "hang" | "close" | null = null;

  constructor(request: HttpRequest, connection: Connection) {
    this.request = request;
    this.#connection = connection;
    this.#canGoOn = !request.bodyTooLarge &&
      request.headers.get("connection")?.toLowerCase() !== "close";
  }

  /** Whether another request may follow on the same connection. */
  get canGoOn(): boolean {
    return this.#canGoOn;
  }

  /** From now on the answer says that the connection ends with it. */
  announceStop(): void {
    this.#isStopping = true;
    this.#canGoOn = false;
    this.#stopping.resolve();
  }

  /** Makes the next answer stop in the middle. */
  cutAnswer(then: "hang" | "close"): void {
    this.#cut = then;
    this.#canGoOn = false;
  }

  /**
   * Answers. As with SwarmUI, `Content-Length` is there only if the client accepts no compression
   * (§2.1); unlike SwarmUI, the body is never compressed.
   */
  async reply(reply: HttpReply): Promise<void> {
    const { body } = reply;
    const hasBody = this.request.method !== "HEAD";
    const accepted = this.request.headers.get("accept-encoding") ?? "identity";
    const isChunked = this.#cut === null && (body.length > 0 || reply.isStream === true) &&
      accepted !== "identity" && !("content-length" in reply.headers);
    const length: Readonly<Record<string, string>> = isChunked
      ? { "transfer-encoding": "chunked" }
      : { "content-length": String(body.length) };
    const head = { ...reply.headers, ...(hasBody ? length : {}) };
    const half = this.#cut === null ? body : body.subarray(0, Math.floor(body.length / 2));
    const isSent = await this.#write(reply.status, head) &&
      (!hasBody || await this.#connection.write(isChunked ? asChunks(body) : half));
    if (!isSent) this.drop();
    else if (this.#cut === "hang") await this.hang();
  }

  /** Accepts a WebSocket handshake; afterwards the connection belongs to the socket. */
  async upgrade(): Promise<Connection> {
    this.#canGoOn = false;
    const key = this.request.headers.get("sec-websocket-key") ?? "";
    await this.#write(101, {
      "connection": "Upgrade",
      "upgrade": "websocket",
      "sec-websocket-accept": await acceptKey(key),
    });
    return this.#connection;
  }

  /** Ends the connection without an answer. */
  drop(): void {
    this.#canGoOn = false;
    this.#connection.close();
  }

  /** Keeps the connection open silently, until the server stops. */
  async hang(): Promise<void> {
    this.#canGoOn = false;
    await Promise.race([this.#connection.closed, this.#stopping.promise]);
  }

  #write(status: number, headers: Readonly<Record<string, string>>): Promise<boolean> {
    const stop: Readonly<Record<string, string>> = this.#isStopping ? { connection: "close" } : {};
    // Kestrel dates every answer; clients measure their clocks by it.
    const dated = { date: new Date().toUTCString(), ...headers, ...stop };
    const lines = Object.entries(dated).map(([name, value]) => `${name}: ${value}\r\n`);
    const head = `HTTP/1.1 ${status} ${statusText(status)}\r\n${lines.join("")}\r\n`;
    return this.#connection.write(new TextEncoder().encode(head));
  }
}

function asChunks(body: Uint8Array): Uint8Array {
  const encoder = new TextEncoder();
  const last = encoder.encode("0\r\n\r\n");
  if (body.length === 0) return last;
  const size = encoder.encode(`${body.length.toString(16)}\r\n`);
  return joined([size, body, encoder.encode("\r\n"), last]);
}
