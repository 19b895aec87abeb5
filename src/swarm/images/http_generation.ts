/** A generation over plain HTTP, as events (`swarmui-protocol.md §3`): one answer, at the very end. */
import { type AppError, ConnectionLostError, ServerUnreachableError } from "../../errors.ts";
import type { GenerationEvent } from "../../generation/server/image_server.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { JsonObject } from "../../json_object.ts";
import { call } from "../http/call.ts";
import type { Transport } from "../http/transport.ts";
import { type CallFailure } from "../wire/failure.ts";
import { toError } from "../wire/failure_error.ts";
import { decodeImages } from "../wire/generation_answers.ts";
import { markGrid } from "./mini_grid.ts";

/**
 * The longest answer that is read, in bytes: it may contain all the pictures, which are then nowhere
 * else. V8 has no strings of more than 512 MiB.
 */
const ANSWER_BYTES_MAX = 500 * 1024 * 1024;

/** What one request over HTTP needs. */
export interface HttpGenerationOptions {
  readonly session: ServerSession;
  /** The parameters, without the session. */
  readonly body: JsonObject;
  /** Images requested. */
  readonly asked: number;
  /** Time limit of the question that is asked first, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Why the WebSocket could not be opened; `null` if none was wanted. */
  readonly noSocket: string | null;
  readonly signal: AbortSignal;
}

/**
 * Sends one request and yields its images when the server's work is over, however long that takes:
 * a request may wait for a backend for days. So a question with a deadline is asked first, which
 * finds out whether there is a server at all. There is no `accepted` event; the counters show it.
 *
 * @throws {AppError} As described in `ImageServer`.
 * @throws The reason of `options.signal`.
 */
export async function* followHttp(
  transport: Transport,
  options: HttpGenerationOptions,
): AsyncGenerator<GenerationEvent, void, void> {
  const { session, body, noSocket, signal } = options;
  const reached = await call(transport, "GetCurrentStatus", {
    session,
    timeoutMs: options.requestTimeoutMs,
    signal,
  });
  if (!reached.ok) throw toError(reached, `Cannot generate at ${transport.url}`);
  const left = new AbortController();
  // Settled: otherwise an abort while the consumer is busy would be an unhandled rejection.
  const answering = Promise.allSettled([call(transport, "GenerateText2Image", {
    session,
    body,
    timeoutMs: null,
    maxBytes: ANSWER_BYTES_MAX,
    signal: AbortSignal.any([signal, left.signal]),
  })]);
  try {
    yield { kind: "sent", transport: "http", ...(noSocket === null ? {} : { noSocket }) };
    const [settled] = await answering;
    if (settled.status === "rejected") throw settled.reason;
    const answer = settled.value;
    const images = answer.ok ? decodeImages(answer.value) : answer;
    if (images.ok) {
      const marked = await markGrid(images.value.images, { transport, ...options });
      for (const image of marked) yield { kind: "image", image };
      const { unreadable } = images.value;
      if (unreadable > 0) {
        yield {
          kind: "unreadable",
          message: `the answer names ${unreadable} images without a path`,
        };
      }
    } else if (images.reason === "server_error") {
      yield { kind: "error", message: images.message };
    } else {
      throw toLost(images, `Cannot generate at ${transport.url}`);
    }
    yield { kind: "over" };
  } finally {
    left.abort(new DOMException("the consumer left", "AbortError"));
    await answering;
  }
}

/**
 * A lost answer does not mean a lost request: a proxy may have given up, or the connection was cut.
 */
function toLost(failed: CallFailure, action: string): AppError {
  const error = toError(failed, action);
  return error instanceof ServerUnreachableError
    ? new ConnectionLostError(action, failed.message)
    : error;
}
