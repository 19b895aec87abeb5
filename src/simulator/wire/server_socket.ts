/**
 * The server's end of a WebSocket (RFC 6455), written from scratch because SwarmUI's is unusual: it
 * answers a close only when its own work is over (`swarmui-protocol.md §4.6`), and dies without a
 * close frame.
 */
import { type Connection, joined } from "./connection.ts";
import { encodeFrame, type Frame, OPCODE, readFrame } from "./web_socket_frame.ts";

const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_MESSAGE_BYTES = 200 * 1_048_576;

/** The value of `Sec-WebSocket-Accept` for a client's key. */
export async function acceptKey(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(key + KEY_SUFFIX);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
}

/** An open WebSocket. Answers pings while it receives. */
export class ServerSocket {
  readonly #connection: Connection;
  readonly #hear: (text: string) => void;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #lastRead: Promise<unknown> = Promise.resolve();
  #gotClose = false;

  /**
   * @param connection With a completed handshake.
   * @param hear Called with each received message.
   */
  constructor(connection: Connection, hear: (text: string) => void) {
    this.#connection = connection;
    this.#hear = hear;
  }

  /** Resolves when this side has ended the connection. */
  get closed(): Promise<void> {
    return this.#connection.closed;
  }

  /** The next text message; `null` when the client closed or is gone. */
  async receive(): Promise<string | null> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for (let frame = await this.#next(size); frame !== null; frame = await this.#next(size)) {
      if (frame.opcode === OPCODE.ping) this.write(encodeFrame(OPCODE.pong, frame.payload));
      if (frame.opcode === OPCODE.ping || frame.opcode === OPCODE.pong) continue;
      parts.push(frame.payload);
      size += frame.payload.length;
      if (!frame.isLast) continue;
      const text = new TextDecoder().decode(joined(parts));
      this.#hear(text);
      return text;
    }
    return null;
  }

  /** Sends a text message, after all earlier ones. What the client cannot receive is lost. */
  send(text: string): Promise<void> {
    return this.write(encodeFrame(OPCODE.text, new TextEncoder().encode(text)));
  }

  /** Sends a close frame, waits for the client's, and ends the connection. */
  async close(code: number): Promise<void> {
    await this.write(encodeFrame(OPCODE.close, Uint8Array.of(code >> 8, code & 0xff)));
    while (await this.#next(0) !== null);
    this.drop();
  }

  /** Ends the connection without a close frame. */
  drop(): void {
    this.#connection.close();
  }

  /** Sends bytes unchanged. */
  async write(bytes: Uint8Array): Promise<void> {
    const write = this.#lastWrite.then(() => this.#connection.write(bytes));
    this.#lastWrite = write;
    await write;
  }

  /** The next frame before the client's close or end; later calls get later frames. */
  #next(received: number): Promise<Frame | null> {
    const next = this.#lastRead.then(async () => {
      if (this.#gotClose) return null;
      const frame = await readFrame(this.#connection, MAX_MESSAGE_BYTES - received);
      this.#gotClose = frame === null || frame.opcode === OPCODE.close;
      return this.#gotClose ? null : frame;
    });
    this.#lastRead = next;
    return next;
  }
}
