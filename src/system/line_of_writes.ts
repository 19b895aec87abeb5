/** Writing to a stream: all of each text, in order, for as long as its reader takes it. */
import { AppError, OutputClosedError, systemReason } from "../errors.ts";

/** Pause before a stream that is full and does not block is tried again, in milliseconds. */
const FULL_PAUSE_MS = 5;

/** The most that is written at once, so that a slow reader is told from one that reads no more. */
const CHUNK_BYTES = 64 * 1024;

/** A stream that may take less than it is given; `Deno.stdout` is one. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

/** Why and how fast streams are given up. */
export interface Ending {
  readonly reason: AppError;
  /** How long it may take nothing, in milliseconds. */
  readonly stallMs: number;
}

/** Writes one text after the other, each one whole. */
export class LineOfWrites {
  readonly #sink: ByteSink;
  #last: Promise<void> = Promise.resolve();
  /** Aborted when the stream is given up. */
  readonly #givenUp = new AbortController();
  /** Why and how fast the stream is given up; `null`: its reader may take its time. */
  #ending: Ending | null = null;
  /** The piece that is being written; each is an object of its own. */
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

  /** Waits for the writes until now, however they end. */
  idle(): Promise<void> {
    return this.#last;
  }

  /** Gives the stream up, from now on, if it takes nothing for so long. */
  end(ending: Ending): void {
    this.#ending = ending;
    this.#watchPiece();
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    const { signal } = this.#givenUp;
    const { promise, reject } = Promise.withResolvers<never>();
    const giveUp = (): void => reject(signal.reason);
    signal.addEventListener("abort", giveUp);
    try {
      let rest = bytes;
      while (rest.length > 0) {
        signal.throwIfAborted();
        const piece = rest.subarray(0, CHUNK_BYTES);
        this.#piece = piece;
        this.#watchPiece();
        rest = rest.subarray(await Promise.race([writeSome(this.#sink, piece), promise]));
      }
    } finally {
      this.#piece = null;
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** Gives the stream up if it is to end and this piece is still being written after a while. */
  #watchPiece(): void {
    const piece = this.#piece;
    if (this.#ending === null || piece === null) return;
    const { reason, stallMs } = this.#ending;
    // Holds no process that has nothing else to do, as a timer of `setTimeout()` would.
    AbortSignal.timeout(stallMs).addEventListener("abort", () => {
      if (this.#piece !== piece) return;
      this.#givenUp.abort(
        new AppError(
          reason.code,
          `${reason.message} before the reader of the output had taken all of it`,
        ),
      );
    });
  }
}

/** Writes some of it, as soon as the stream takes any. */
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
      // Another process that shares the pipe may have set it not to block (Node does).
      if (!(error instanceof Deno.errors.WouldBlock)) throw writeError(error);
      await new Promise((resolve) => setTimeout(resolve, FULL_PAUSE_MS));
    }
  }
}

/** A full disk behind `> file`, say. */
function writeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const reason = systemReason(error);
  return new AppError("failed", `Cannot write the output: ${reason}`, { cause: error });
}
