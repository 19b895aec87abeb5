import { AppError, OutputClosedError, systemReason } from "../errors.ts";

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
/** Pause before a stream that is full and does not block is tried again, in milliseconds. */
const FULL_PAUSE_MS = 5;

/** A stream that may take less than it is given; `Deno.stdout` is one. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

/** The process's standard output and standard error. Needs no permission. */
export class SystemTerminal {
  readonly #out: LineOfWrites;
  readonly #err: LineOfWrites;
  readonly #outSink: ByteSink;
  readonly #errSink: ByteSink;

  /** @param streams Other streams than the process's own, for tests. */
  constructor(streams: { readonly out?: ByteSink; readonly err?: ByteSink } = {}) {
    this.#outSink = streams.out ?? Deno.stdout;
    this.#errSink = streams.err ?? Deno.stderr;
    this.#out = new LineOfWrites(this.#outSink);
    this.#err = new LineOfWrites(this.#errSink);
  }

  /** True if standard output is a terminal. */
  get isOutTerminal(): boolean {
    return this.#outSink.isTerminal();
  }

  /** True if standard error is a terminal. */
  get isErrTerminal(): boolean {
    return this.#errSink.isTerminal();
  }

  /** False if `NO_COLOR` is set and not empty; Deno tells without a permission. */
  get allowsColor(): boolean {
    return !Deno.noColor;
  }

  /** Width of the terminal now. `Deno.consoleSize()` works if any stream is a terminal. */
  columns(): number {
    try {
      return Deno.consoleSize().columns || DEFAULT_COLUMNS;
    } catch {
      return DEFAULT_COLUMNS;
    }
  }

  /** Height of the terminal now. */
  rows(): number {
    try {
      return Deno.consoleSize().rows || DEFAULT_ROWS;
    } catch {
      return DEFAULT_ROWS;
    }
  }

  /** Listens for changes of the terminal's size. */
  onResize(listener: () => void): Disposable {
    Deno.addSignalListener("SIGWINCH", listener);
    return {
      [Symbol.dispose]: () => Deno.removeSignalListener("SIGWINCH", listener),
    };
  }

  /**
   * Writes all of a text to standard output, after what was written before.
   *
   * @throws {OutputClosedError} If its reader has gone.
   * @throws {AppError} If it cannot be written, e.g. because no space is left.
   */
  out(text: string): Promise<void> {
    return this.#out.write(text);
  }

  /** Writes all of a text to standard error, after what was written before. Never throws. */
  async err(text: string): Promise<void> {
    try {
      await this.#err.write(text);
    } catch {
      // There is no third stream to complain on, and the result must not suffer.
    }
  }

  /** Waits until all that was written is out. Never throws. */
  async flush(): Promise<void> {
    await Promise.all([this.#out.idle(), this.#err.idle()]);
  }
}

/** Writes one text after the other, each one whole. */
class LineOfWrites {
  readonly #sink: ByteSink;
  #last: Promise<void> = Promise.resolve();

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  write(text: string): Promise<void> {
    const written = this.#last.then(() => writeAll(this.#sink, new TextEncoder().encode(text)));
    this.#last = written.catch(() => {});
    return written;
  }

  /** Waits for the writes until now, however they end. */
  idle(): Promise<void> {
    return this.#last;
  }
}

async function writeAll(sink: ByteSink, bytes: Uint8Array): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(await sink.write(rest));
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
