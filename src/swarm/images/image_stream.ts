/** Streams the bytes of a picture, with limits. */
import { ServerError, ServerUnreachableError } from "../../errors.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { startDeadline } from "../http/deadline.ts";
import { networkProblem } from "../http/network_problem.ts";
import { toError } from "../wire/failure_error.ts";

/** The limits of a stream. */
export interface StreamBounds {
  /** The most bytes that are read; more is an error. */
  readonly maxBytes: number;
  /** How long the server may send nothing before it is given up, in milliseconds. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
  /** What fails, for the error message. */
  readonly action: string;
}

/**
 * The body of a response, read only as fast as it is consumed. A reader that stops early must
 * cancel it. It fails with `ServerError` if it is too long, with `ServerUnreachableError` if the
 * server stalls or goes away, and with the signal's reason.
 */
export function boundedStream(
  response: Response,
  bounds: StreamBounds,
): ReadableStream<Uint8Array> {
  const { action, maxBytes } = bounds;
  const reader = response.body?.getReader();
  let length = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller): Promise<void> {
      const piece = reader === undefined ? null : await readPiece(reader, bounds);
      if (piece === null) {
        controller.close();
        return;
      }
      length += piece.length;
      if (length > maxBytes) {
        await reader?.cancel();
        throw new ServerError(`${action}: it is longer than ${maxBytes} bytes`);
      }
      controller.enqueue(piece);
    },
    async cancel(reason): Promise<void> {
      await reader?.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** The next bytes, `null` at the end. */
async function readPiece(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { action, stallMs, signal }: StreamBounds,
): Promise<Uint8Array | null> {
  using stall = startDeadline(stallMs);
  try {
    signal.throwIfAborted();
    const read = await untilAborted(reader.read(), AbortSignal.any([signal, stall.signal]));
    if (read === null) throw new ServerUnreachableError(`${action}: the server stopped sending`);
    return read.done ? null : read.value;
  } catch (error) {
    // Settled: cancelling a stream that has failed rejects with the same error.
    await Promise.allSettled([reader.cancel()]);
    signal.throwIfAborted();
    if (error instanceof ServerUnreachableError) throw error;
    throw toError(networkProblem(error), action);
  }
}
