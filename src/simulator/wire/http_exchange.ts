/** One request and its answer on a connection. */
import type { ByteReader } from "./byte_reader.ts";
import { type HttpReply, statusText } from "./http_reply.ts";
import type { HttpRequest } from "./http_request.ts";
import { acceptKey, ServerSocket } from "./web_socket.ts";

/** The bytes of a connection. */
export interface Wire {
  readonly reader: ByteReader;
  /** Writes all of it; false if the other side is gone. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** Ends the connection at once. */
  close(): void;
  /** Resolves when the connection was closed by this side. */
  readonly closed: Promise<void>;
}

/** A request that wants an answer: a reply, a WebSocket, or none at all. */
export class HttpExchange {
  readonly request: HttpRequest;
  readonly #wire: Wire;
  readonly #stopping = Promise.withResolvers<void>();
  #canGoOn: boolean;
  #isStopping = false;
  #cut: "hang" | "close" | null = null;

  constructor(request: HttpRequest, wire: Wire) {
    this.request = request;
    this.#wire = wire;
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

  /** Lets the coming answer stop in its middle. */
  cutAnswer(then: "hang" | "close"): void {
    this.#cut = then;
  }

  /**
   * Answers. As with SwarmUI, `Content-Length` is there only if the client sent no
   * `Accept-Encoding` (§2.1); unlike SwarmUI, the body is never compressed.
   */
  async reply(reply: HttpReply): Promise<void> {
    if (this.#cut !== null) return await this.#replyHalf(reply, this.#cut);
    // one that brings its chunks along is written as it is
    const hasChunks = "transfer-encoding" in reply.headers;
    const isChunked = reply.body.length > 0 && this.request.headers.has("accept-encoding") &&
      !hasChunks && !("content-length" in reply.headers);
    const length: Readonly<Record<string, string>> = hasChunks
      ? {}
      : isChunked
      ? { "transfer-encoding": "chunked" }
      : { "content-length": String(reply.body.length) };
    const hasBody = this.request.method !== "HEAD";
    const head = this.#head(reply.status, { ...reply.headers, ...(hasBody ? length : {}) });
    const body = !hasBody ? new Uint8Array(0) : isChunked ? asChunks(reply.body) : reply.body;
    if (!(await this.#wire.write(joined(head, body)))) this.drop();
  }

  /** Sends a long answer without holding it: one block again and again. */
  async replyInBlocks(
    block: Uint8Array,
    options: { readonly count: number; readonly contentType: string },
  ): Promise<void> {
    const length = String(block.length * options.count);
    const headers = { "content-type": options.contentType, "content-length": length };
    if (!(await this.#wire.write(this.#head(200, headers)))) return this.drop();
    for (let sent = 0; sent < options.count; sent++) {
      if (!(await this.#wire.write(block))) return this.drop();
    }
  }

  /** Accepts a WebSocket handshake; afterwards the connection belongs to the socket. */
  async upgrade(): Promise<ServerSocket> {
    this.#canGoOn = false;
    const key = this.request.headers.get("sec-websocket-key") ?? "";
    await this.#wire.write(this.#head(101, {
      "connection": "Upgrade",
      "upgrade": "websocket",
      "sec-websocket-accept": await acceptKey(key),
    }));
    return new ServerSocket(this.#wire);
  }

  /** Ends the connection without an answer. */
  drop(): void {
    this.#canGoOn = false;
    this.#wire.close();
  }

  /** Keeps the connection open without a word, until the server stops. */
  async hang(): Promise<void> {
    this.#canGoOn = false;
    await Promise.race([this.#wire.closed, this.#stopping.promise]);
  }

  async #replyHalf(reply: HttpReply, then: "hang" | "close"): Promise<void> {
    this.#canGoOn = false;
    const length = String(reply.body.length);
    const head = this.#head(reply.status, { ...reply.headers, "content-length": length });
    const half = reply.body.subarray(0, Math.floor(reply.body.length / 2));
    await this.#wire.write(joined(head, half));
    if (then === "hang") await this.hang();
  }

  #head(status: number, headers: Readonly<Record<string, string>>): Uint8Array {
    const stop: Readonly<Record<string, string>> = this.#isStopping ? { connection: "close" } : {};
    // Kestrel dates every answer; clients measure their clocks by it.
    const dated = { date: new Date().toUTCString(), ...headers, ...stop };
    const lines = Object.entries(dated).map(([name, value]) => `${name}: ${value}\r\n`);
    return new TextEncoder().encode(
      `HTTP/1.1 ${status} ${statusText(status)}\r\n${lines.join("")}\r\n`,
    );
  }
}

function asChunks(body: Uint8Array): Uint8Array {
  const encoder = new TextEncoder();
  const size = encoder.encode(`${body.length.toString(16)}\r\n`);
  return joined(joined(size, body), encoder.encode("\r\n0\r\n\r\n"));
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
