/** A WebSocket server written by hand, for behaviour that normal servers do not show. */
import { OPCODE } from "../../src/simulator/wire/web_socket_frame.ts";
import { closeQuietly, RawServer, writeAll } from "./scripted_server.ts";

/** A frame as the client sent it. */
export interface ReceivedFrame {
  readonly opcode: number;
  readonly text: string;
}

/** The server's side of one open socket. */
export class ServerSocket {
  readonly #conn: Deno.Conn;
  readonly #seen: ReceivedFrame[];
  #buffer = new Uint8Array(0);

  constructor(conn: Deno.Conn, seen: ReceivedFrame[]) {
    this.#conn = conn;
    this.#seen = seen;
  }

  /** Sends JSON as a text message. */
  async json(value: unknown): Promise<void> {
    await this.frame(0x81, JSON.stringify(value));
  }

  /** Sends a frame with this first byte. */
  async frame(first: number, payload: string | Uint8Array): Promise<void> {
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    await writeAll(this.#conn, frameOf(first, bytes));
  }

  /** Sends a close frame. */
  async closeFrame(code: number): Promise<void> {
    await this.frame(0x88, new Uint8Array([code >> 8, code & 0xff]));
  }

  /** Sends bytes as they are. */
  async bytes(content: string | Uint8Array): Promise<void> {
    await writeAll(this.#conn, content);
  }

  /** The client's next frame; `null` once the client has disconnected. */
  async receive(): Promise<ReceivedFrame | null> {
    const head = await this.#take(2);
    if (head === null) return null;
    let length = (head[1] ?? 0) & 0x7f;
    if (length >= 126) {
      const more = await this.#take(length === 126 ? 2 : 8);
      length = (more ?? new Uint8Array(0)).reduce((sum, byte) => sum * 256 + byte, 0);
    }
    const mask = await this.#take(4);
    const payload = await this.#take(length);
    if (mask === null || payload === null) return null;
    const plain = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0));
    const frame = { opcode: (head[0] ?? 0) & 0x0f, text: new TextDecoder().decode(plain) };
    this.#seen.push(frame);
    return frame;
  }

  /** Reads until the client sends a close frame or disconnects; the close frame is not answered. */
  async untilLeft(): Promise<void> {
    for (let frame = await this.receive(); frame !== null; frame = await this.receive()) {
      if (frame.opcode === OPCODE.close) return;
    }
  }

  /** Drops the connection without a close frame. */
  drop(): void {
    closeQuietly(this.#conn);
  }

  async #take(length: number): Promise<Uint8Array | null> {
    const chunk = new Uint8Array(65536);
    while (this.#buffer.length < length) {
      const count = await readOrNull(this.#conn, chunk);
      if (count === null) return null;
      const longer = new Uint8Array(this.#buffer.length + count);
      longer.set(this.#buffer);
      longer.set(chunk.subarray(0, count), this.#buffer.length);
      this.#buffer = longer;
    }
    const taken = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.slice(length);
    return taken;
  }
}

/** A server whose WebSockets run a script, and whose other routes answer JSON. */
export class SocketServer implements AsyncDisposable {
  readonly received: ReceivedFrame[] = [];
  /** The heads of all requests, upgrades included. */
  readonly heads: string[] = [];
  readonly #server: RawServer;

  /**
   * @param script Runs after the client's first frame.
   * @param answers JSON by route name; on a route without one, the connection is dropped.
   * @param pictures Bytes by path, sent without their length.
   */
  constructor(
    script: (socket: ServerSocket) => Promise<void>,
    answers: Readonly<Record<string, unknown>> = {},
    pictures: Readonly<Record<string, Uint8Array>> = {},
  ) {
    this.#server = new RawServer(async (conn, head) => {
      this.heads.push(head);
      const key = /^sec-websocket-key: (.*)\r$/im.exec(head)?.[1];
      if (key === undefined) {
        const route = /^POST \S+\/API\/(\w+) /.exec(head)?.[1] ?? "";
        if (route in answers) await writeAll(conn, httpAnswer(JSON.stringify(answers[route])));
        const picture = pictures[/^GET (?:http:\/\/[^/]+)?\/(\S+) /.exec(head)?.[1] ?? ""];
        if (picture !== undefined) {
          await writeAll(conn, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
          await writeAll(conn, picture);
        }
        closeQuietly(conn);
        return;
      }
      await writeAll(conn, await agreement(key));
      const socket = new ServerSocket(conn, this.received);
      await socket.receive();
      await script(socket);
    });
  }

  get url(): string {
    return this.#server.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** The value of `Sec-WebSocket-Accept` for an upgrade. */
export async function agreement(key: string): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
  );
  const accept = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

/** An unmasked frame. */
function frameOf(first: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const head = length < 126
    ? [first, length]
    : length < 65536
    ? [first, 126, length >> 8, length & 0xff]
    : [
      first,
      127,
      0,
      0,
      0,
      0,
      (length >>> 24) & 0xff,
      (length >> 16) & 0xff,
      (length >> 8) & 0xff,
      length & 0xff,
    ];
  const frame = new Uint8Array(head.length + length);
  frame.set(head);
  frame.set(payload, head.length);
  return frame;
}

function httpAnswer(body: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`;
}

async function readOrNull(conn: Deno.Conn, buffer: Uint8Array): Promise<number | null> {
  try {
    return await conn.read(buffer);
  } catch (error) {
    if (Object.values(Deno.errors).some((kind) => error instanceof kind)) return null;
    throw error;
  }
}
