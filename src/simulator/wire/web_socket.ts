/**
 * The server's end of a WebSocket (RFC 6455), written out because SwarmUI's is unusual: it answers a
 * close only when its own work is over (`swarmui-protocol.md §4.6`), and dies without a close frame.
 */
import type { Wire } from "./http_exchange.ts";
import { encodeFrame, OPCODE, readFrame } from "./web_socket_frame.ts";

const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const MAX_MESSAGE_BYTES = 64 * 1_024 * 1_024;

/** The value of `Sec-WebSocket-Accept` for a client's key. */
export async function acceptKey(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(key + KEY_SUFFIX);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
}

/** The server's end of an open WebSocket. */
export interface Socket {
  /** The next text message; `null` when the client closed or is gone. */
  receive(): Promise<string | null>;
  /** Sends a text message, after all that was sent before. What the client cannot get is lost. */
  send(text: string): Promise<void>;
  /** Sends a close frame, waits for the client's, and ends the connection. */
  close(code: number): Promise<void>;
  /** Ends the connection without a close frame. */
  drop(): void;
}

/** An open WebSocket. Answers pings while it receives. */
export class ServerSocket implements Socket {
  readonly #wire: Wire;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #gotClose = false;

  /** @param wire A connection on which the handshake is done. */
  constructor(wire: Wire) {
    this.#wire = wire;
  }

  async receive(): Promise<string | null> {
    const parts: Uint8Array[] = [];
    let size = 0;
    while (!this.#gotClose) {
      const frame = await readFrame(this.#wire.reader, MAX_MESSAGE_BYTES - size);
      if (frame === null || frame.opcode === OPCODE.close) {
        this.#gotClose = true;
      } else if (frame.opcode === OPCODE.ping) {
        this.#write(encodeFrame(OPCODE.pong, frame.payload));
      } else if (frame.opcode !== OPCODE.pong) {
        parts.push(frame.payload);
        size += frame.payload.length;
        if (frame.isLast) return new TextDecoder().decode(await new Blob(copies(parts)).bytes());
      }
    }
    return null;
  }

  send(text: string): Promise<void> {
    return this.#write(encodeFrame(OPCODE.text, new TextEncoder().encode(text)));
  }

  /** Sends bytes that are no frame. */
  sendGarbage(bytes: Uint8Array): Promise<void> {
    return this.#write(bytes);
  }

  async close(code: number): Promise<void> {
    await this.#write(encodeFrame(OPCODE.close, Uint8Array.of(code >> 8, code & 0xff)));
    while (!this.#gotClose) {
      const frame = await readFrame(this.#wire.reader, MAX_MESSAGE_BYTES);
      if (frame === null || frame.opcode === OPCODE.close) this.#gotClose = true;
    }
    this.#wire.close();
  }

  drop(): void {
    this.#wire.close();
  }

  /** Resolves when this side has ended the connection. */
  get closed(): Promise<void> {
    return this.#wire.closed;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const write = this.#lastWrite.then(() => this.#wire.write(bytes));
    this.#lastWrite = write;
    await write;
  }
}

function copies(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer>[] {
  return parts.map((part) => Uint8Array.from(part));
}
