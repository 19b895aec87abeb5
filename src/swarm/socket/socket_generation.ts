/** A generation over the WebSocket, as events (`swarmui-protocol.md §4`): one request per socket. */
import { ConnectionLostError } from "../../errors.ts";
import type { GenerationEvent } from "../../generation/server/image_server.ts";
import { ACTION, type FrameInbox } from "./frame_inbox.ts";
import type { Ending, OpenSocket } from "./web_socket.ts";

/** Such a close follows every error too (§2.2), so it says nothing about how the request ended. */
const ABRUPT = "the server closed the connection (code 1000) without saying how it ended";

/** How a generation is followed. */
export interface FollowOptions {
  /** The listener of the socket. */
  readonly inbox: FrameInbox;
  readonly signal: AbortSignal;
  /**
   * Asks the server whether its work is over, if the end came without `socket_intention` (servers
   * before 0.9.4, and requests that were refused at once).
   */
  readonly isOver: (signal: AbortSignal) => Promise<boolean>;
}

/**
 * Yields what comes over a socket on which one request was sent, until the server's work is over.
 * The connection is then closed without waiting for the server's pause of two seconds; also
 * whenever the consumer stops.
 *
 * @throws {ConnectionLostError} If the connection ends before the server said that it is over.
 * @throws {ServerUnreachableError} If the messages make no sense or are too many.
 * @throws {ServerRefusedError} If the user may not generate.
 * @throws The reason of `options.signal`.
 */
export async function* followSocket(
  socket: OpenSocket,
  { inbox, signal, isOver }: FollowOptions,
): AsyncGenerator<GenerationEvent, void, void> {
  function stop(): void {
    inbox.abort(signal.reason);
    socket.drop();
  }
  signal.addEventListener("abort", stop);
  try {
    // After an abort nobody knows how much of the request was sent, so it counts as sent.
    yield { kind: "sent", transport: "websocket" };
    for (;;) {
      const told = await inbox.next();
      if (told.kind === "closed" || told.kind === "lost") {
        if (!isOrderly(told) || !await isOver(signal)) throw endedEarly(told);
        const doubt = inbox.doubt ?? (inbox.hasEnded ? null : ABRUPT);
        yield doubt === null ? { kind: "over" } : { kind: "over", doubt };
        return;
      }
      yield told;
      if (told.kind === "over") return;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    socket.drop();
  }
}

function isOrderly(ending: Ending): boolean {
  return ending.kind === "closed" && ending.code === 1000;
}

function endedEarly(ending: Ending): ConnectionLostError {
  const found = ending.kind === "lost"
    ? ending.failure.message
    : `the server closed the connection (code ${ending.code ?? "none"})`;
  return new ConnectionLostError(ACTION, `${found} before the server said that it is over`);
}
