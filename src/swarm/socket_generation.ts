/** A generation over the WebSocket, as events (`swarmui-protocol.md §4`): one request per socket. */
import { ServerUnreachableError } from "../errors.ts";
import type { GenerationEvent } from "../generation/image_server.ts";
import { EventQueue } from "./event_queue.ts";
import { toError } from "./failure.ts";
import { FrameReader } from "./frame_events.ts";
import type { Incoming, WebSocketConnection } from "./web_socket.ts";

/** So many messages that make no sense are passed over, in case a newer server has others. */
const MAX_GARBAGE = 100;
const ACTION = "Cannot follow the generation";
/** Every error is followed by such a close too (§2.2): it says nothing of how the request ended. */
const ABRUPT = "the server closed the connection (code 1000) without saying how it ended";

/** How a generation is followed. */
export interface FollowOptions {
  readonly signal: AbortSignal;
  /** The session id, so that no text of the server can bring it into an error. */
  readonly secret: string;
  /** How many images were asked for. */
  readonly images: number;
  /**
   * Asks the server whether its work is over, for an end without `socket_intention` (servers before
   * 0.9.4, and requests that were refused at once).
   */
  readonly isOver: (signal: AbortSignal) => Promise<boolean>;
}

/**
 * Sends one request on an open socket and yields what comes until the server's work is over. The
 * connection is dropped then, without waiting for the server's pause of two seconds; and whenever
 * the consumer leaves.
 *
 * @param request The JSON text of the request, session included.
 * @throws {ServerUnreachableError} If the connection ends before the server said that it is over, or
 *   what comes makes no sense.
 * @throws {ServerRefusedError} If the user may not generate.
 * @throws The reason of `options.signal`.
 */
export async function* followSocket(
  socket: WebSocketConnection,
  request: string,
  options: FollowOptions,
): AsyncGenerator<GenerationEvent, void, void> {
  const queue = new EventQueue();
  const left = new AbortController();
  const signal = AbortSignal.any([options.signal, left.signal]);
  let filling: Promise<void> | null = null;
  let dropping: Promise<void> | null = null;
  function stop(): void {
    queue.abort(options.signal.reason);
    dropping = socket.drop();
  }
  options.signal.addEventListener("abort", stop);
  try {
    options.signal.throwIfAborted();
    await sendWhole(socket, request, options.signal);
    // After an abort nobody knows how much of the request had left, so this is said all the same.
    yield { kind: "sent", transport: "websocket" };
    filling = fill(queue, socket, { ...options, signal })
      .catch((error: unknown) => queue.fail(error));
    for (let event = await queue.next(); event !== null; event = await queue.next()) yield event;
  } finally {
    options.signal.removeEventListener("abort", stop);
    left.abort();
    queue.close();
    await (dropping ?? socket.drop());
    await filling;
  }
}

async function sendWhole(
  socket: WebSocketConnection,
  request: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await socket.send(request);
  } catch (error) {
    if (signal.aborted) return;
    throw new ServerUnreachableError(
      `${ACTION}: the connection ended while the request was sent (try again)`,
      { cause: error },
    );
  }
}

/** Reads the socket into the queue until the work is over, the connection ends, or nobody reads. */
async function fill(
  queue: EventQueue,
  socket: WebSocketConnection,
  options: FollowOptions,
): Promise<void> {
  const { secret, images } = options;
  const frames = new FrameReader(secret, {
    images,
    note: (message) => queue.push({ kind: "note", message }),
  });
  let garbage = 0;
  let doubt: string | null = null;
  let isAccepted = false;
  for (;;) {
    await queue.room();
    if (options.signal.aborted) return;
    const incoming = await socket.receive();
    if (incoming.kind === "closed" || incoming.kind === "lost") {
      await end(queue, incoming, {
        ...options,
        doubt: doubt ?? (frames.hasEnded ? null : ABRUPT),
      });
      return;
    }
    if (!isAccepted) queue.push({ kind: "accepted" });
    isAccepted = true;
    const told = incoming.kind === "text"
      ? frames.read(incoming.text)
      : { kind: "garbage", problem: "it is not text" } as const;
    switch (told.kind) {
      case "refused":
        queue.fail(toError(told.failure, "Cannot generate"));
        return;
      case "garbage":
        garbage += 1;
        doubt ??= `a message of the server could not be read: ${told.problem}`;
        if (garbage <= MAX_GARBAGE) continue;
        queue.fail(new ServerUnreachableError(`${ACTION}: the server's messages make no sense`));
        return;
      case "event":
        if (told.event === null) continue;
        if (told.event.kind !== "over") {
          queue.push(told.event);
          continue;
        }
        queue.push(overAfter(doubt));
        queue.close();
        return;
      default:
        told satisfies never;
    }
  }
}

function overAfter(doubt: string | null): GenerationEvent {
  return doubt === null ? { kind: "over" } : { kind: "over", doubt };
}

async function end(
  queue: EventQueue,
  incoming: Extract<Incoming, { kind: "closed" | "lost" }>,
  options: FollowOptions & { readonly doubt: string | null },
): Promise<void> {
  if (options.signal.aborted) return;
  if (
    incoming.kind === "closed" && incoming.code === 1000 && await options.isOver(options.signal)
  ) {
    queue.push(overAfter(options.doubt));
    queue.close();
    return;
  }
  const found = incoming.kind === "lost"
    ? incoming.failure.message
    : `the server closed the connection (code ${incoming.code ?? "none"})`;
  queue.fail(
    new ServerUnreachableError(
      `${ACTION}: ${found} before the server said that it is over`,
    ),
  );
}
