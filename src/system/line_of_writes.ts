/** Writes to a stream: each text completely and in order, as long as its reader reads. */
import { AppError, OutputClosedError, systemReason } from "../errors.ts";

/** Pause before a full non-blocking stream is tried again, in milliseconds. */
const FULL_PAUSE_MS = 5;

/**
 * The most that is written at once, so that a slow reader can be distinguished from one that has
 * stopped.
 */
const CHUNK_BYTES = 64 * 1024;

/** A stream that may accept only a part of a write, such as `Deno.stdout`. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

/** Why, and after which time, streams are given up. */
export interface Ending {
  readonly reason: AppError;
  /** How long it may accept nothing, in milliseconds. */
  readonly stallMs: number;
}

/** Writes texts one after the other, each one completely. */
export class LineOfWrites {
  readonly #sink: ByteSink;
  #last: Promise<void> = Promise.resolve();
  /** Why the stream was given up; `null`: it was not. */
  #givenUp: AppError | null = null;
  /** Ends the write that is under way. */
  #abandon: (problem: AppError) => void = () => {};
  /** Why, and after which time, the stream is given up; `null`: its reader may take any time. */
  #ending: Ending | null = null;
  /** The piece that is being written; each is a new object. */
  #piece: Uint8Array | null = null;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  /** @throws As `SystemTerminal.out()`. */
  write(text: string): Promise<void> {
    const written = this.#last.then(() => this.#writeAll(new TextEncoder().encode(text)));
    this.#last = written.catch(() => {});
    return written;
  }

  /** Waits for all writes so far, whether they succeed or fail. */
  idle(): Promise<void> {
    return this.#last;
  }

  /** From now on, gives the stream up if it accepts nothing for so long. */
  end(ending: Ending): void {
    this.#ending = ending;
    this.#watchPiece();
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    const { promise: abandoned, reject } = Promise.withResolvers<never>();
    this.#abandon = reject;
    try {
      let rest = bytes;
      while (rest.length > 0) {
        if (this.#givenUp !== null) throw this.#givenUp;
        const piece = rest.subarray(0, CHUNK_BYTES);
        this.#piece = piece;
        this.#watchPiece();
        rest = rest.subarray(await Promise.race([writeSome(this.#sink, piece), abandoned]));
      }
    } finally {
      this.#piece = null;
    }
  }

  /** If the stream is to end, gives it up when this piece is still being written after a while. */
  #watchPiece(): void {
    const piece = this.#piece;
    if (this.#ending === null || piece === null) return;
    const { reason, stallMs } = this.#ending;
    // Unlike a timer of `setTimeout()`, this keeps no process alive that has nothing else to do.
    AbortSignal.timeout(stallMs).addEventListener("abort", () => {
      if (this.#piece !== piece) return;
      this.#givenUp = new AppError(
        reason.code,
        `${reason.message} before the reader of the output had taken all of it`,
      );
      this.#abandon(this.#givenUp);
    });
  }
}

/** Writes a part of it, as soon as the stream accepts any. */
async function writeSome(sink: ByteSink, bytes: Uint8Array): Promise<number> {
  for (;;) {
    try {
      return await sink.write(bytes);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) {
        throw new OutputClosedError("Cannot write the output: its reader has gone", {
          cause: error,
        });
      }
      // Another process that shares the pipe may have made it non-blocking (Node does).
      if (!(error instanceof Deno.errors.WouldBlock)) throw writeError(error);
      await new Promise((resolve) => setTimeout(resolve, FULL_PAUSE_MS));
    }
  }
}

/** For example a full disk behind `> file`. */
function writeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const reason = systemReason(error);
  return new AppError("failed", `Cannot write the output: ${reason}`, { cause: error });
}
