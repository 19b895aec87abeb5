/** Passes on a picture, and fails at its end if it is not complete. */
import { AppError } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import type { PictureEnd } from "../../generation/pictures/picture_end.ts";
import { isDataUrl } from "../../generation/server/image_server.ts";

/**
 * How much of a piece is looked at in one go, in bytes. A picture of very many small parts takes
 * long to look at, and meanwhile a time-out or Ctrl-C must be noticed.
 */
const LOOK_BYTES = 64 * 1024;

/** The same bytes; fails at their end if they are not a complete picture. */
export function checkEnd(
  body: ReadableStream<Uint8Array>,
  { end, clock, signal, ...about }: {
    readonly end: PictureEnd;
    readonly path: string;
    readonly isEndSure: boolean;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): ReadableStream<Uint8Array> {
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      async transform(piece, controller): Promise<void> {
        for (let at = 0; at < piece.length; at += LOOK_BYTES) {
          if (at > 0) await clock.sleep(0, signal);
          signal.throwIfAborted();
          end.push(piece.subarray(at, at + LOOK_BYTES));
        }
        controller.enqueue(piece);
      },
      flush(controller): void {
        const { wholeness } = end;
        if (wholeness === "cut" || wholeness === "damaged") {
          controller.error(notWhole(wholeness, about));
        }
      },
    }),
  );
}

/**
 * A picture that did not arrive completely. If the server is just writing it, it may be complete
 * soon.
 */
export class NotWholeError extends AppError {}

function notWhole(
  wholeness: "cut" | "damaged",
  { path, isEndSure }: { readonly path: string; readonly isEndSure: boolean },
): AppError {
  const found = wholeness === "damaged"
    ? "what the server sent is damaged (see whether the server's file is)"
    : isEndSure
    ? "the server sent only a part of it (see whether the server's file is complete)"
    : "the connection ended before the picture was complete (fetch it from the server)";
  const message = `Cannot save ${whatOf(path)}: ${found}`;
  // A picture inside the answer would be the same at the next try.
  return isDataUrl(path) ? new AppError("failed", message) : new NotWholeError("failed", message);
}

/** A picture, for messages. */
export function whatOf(path: string): string {
  return isDataUrl(path) ? "a picture that the server sent in its answer" : JSON.stringify(path);
}
