/**
 * A WebSocket client connection (RFC 6455) over Deno's own TCP and TLS.
 *
 * The platform's `WebSocket` cannot be dropped: after `close()` it lives until the server answers, and
 * SwarmUI answers only when a generation is over and two seconds have passed (`swarmui-protocol.md
 * §4.6`); nor does it bound messages, end a stalled handshake, or say why one was refused. It offers no
 * extensions (none are needed), and does not know HTTP proxies.
 */
import { GatheredBytes } from "./bounded_body.ts";
import { writeAll } from "./connection.ts";
import { type CallFailure, failure } from "./failure.ts";
import { networkProblem } from "./network_problem.ts";
import {
  type ByteSource,
  closeFrame,
  encodeFrame,
  Opcode,
  readFrame,
} from "./web_socket_frames.ts";

/** What the server sent. */
export type Incoming =
  | { readonly kind: "text"; readonly text: string }
  /** A message that is not text. */
  | { readonly kind: "binary" }
  /** The server closed in order; `null` without a code. */
  | { readonly kind: "closed"; readonly code: number | null }
  /** The connection is of no use any more. */
  | { readonly kind: "lost"; readonly failure: CallFailure };

/** An open connection. One caller at a time may send, and one may receive. */
export class WebSocketConnection {
  readonly #conn: Pick<Deno.Conn, "write" | "close">;
  readonly #source: ByteSource;
  readonly #maxMessageBytes: number;
  #isDropped = false;

  /** @param source What came after the handshake; reads from `conn`. */
  constructor(
    conn: Pick<Deno.Conn, "write" | "close">,
    options: { readonly source: ByteSource; readonly maxMessageBytes: number },
  ) {
    this.#conn = conn;
    this.#source = options.source;
    this.#maxMessageBytes = options.maxMessageBytes;
  }

  /** Sends a text message; when it resolves, the last byte has left this process. */
  async send(text: string): Promise<void> {
    await writeAll(this.#conn, encodeFrame(Opcode.text, new TextEncoder().encode(text)));
  }

  /** The next message, or how the connection ended; answers pings meanwhile. Never throws. */
  async receive(): Promise<Incoming> {
    try {
      return await this.#receive();
    } catch (error) {
      return { kind: "lost", failure: networkProblem(error) };
    }
  }

  /**
   * Ends the connection at once: says goodbye if that takes no time, and waits for nobody. A receive
   * under way ends with `lost`.
   */
  async drop(): Promise<void> {
    if (this.#isDropped) return;
    this.#isDropped = true;
    const farewell = this.#conn.write(closeFrame()).catch(networkProblem);
    this.#conn.close();
    await farewell;
  }

  async #receive(): Promise<Incoming> {
    const gathered = new GatheredBytes(this.#maxMessageBytes);
    let length = 0;
    let isText = false;
    for (;;) {
      const frame = await readFrame(this.#source, this.#maxMessageBytes - length);
      if (typeof frame === "string") return lost(frame);
      switch (frame.opcode) {
        case Opcode.ping:
          // If it does not want the answer any more, its last words may still be on their way.
          await writeAll(this.#conn, encodeFrame(Opcode.pong, frame.payload)).catch(networkProblem);
          continue;
        case Opcode.pong:
          continue;
        case Opcode.close:
          return { kind: "closed", code: closeCode(frame.payload) };
        case Opcode.continuation:
          if (length === 0) return lost("a message began in its middle");
          break;
        default:
          if (length > 0) return lost("a message began within another");
          isText = frame.opcode === Opcode.text;
      }
      gathered.add(frame.payload);
      // At least one, so that empty frames cannot go on for ever either.
      length += Math.max(1, frame.payload.length);
      if (!frame.isLast) continue;
      return isText
        ? { kind: "text", text: new TextDecoder().decode(gathered.bytes) }
        : { kind: "binary" };
    }
  }
}

function lost(problem: string): Incoming {
  return { kind: "lost", failure: failure("protocol", problem) };
}

function closeCode(payload: Uint8Array): number | null {
  const [high, low] = payload;
  return high === undefined || low === undefined ? null : high * 256 + low;
}
