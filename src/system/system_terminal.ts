import { AppError, OutputClosedError, systemReason } from "../errors.ts";
import { readEnv } from "./permissions.ts";

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
/** Pause before a stream that is full and does not block is tried again, in milliseconds. */
const FULL_PAUSE_MS = 5;

/** The most that is written at once, so that a slow reader is told from one that reads no more. */
const CHUNK_BYTES = 64 * 1024;
/** How long a stream may take nothing once the program is to end, in milliseconds. */
const STALL_MS = 2_000;

/** A process that is told to stop has stopped by then, in milliseconds. */
const STOPPED_WITHIN_MS = 50;

/** A stream that may take less than it is given; `Deno.stdout` is one. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
  isTerminal(): boolean;
}

/** Why and how fast streams are given up. */
interface Ending {
  readonly reason: AppError;
  readonly stallMs: number;
}

/** The process's standard output and standard error. Needs no permission. */
export class SystemTerminal {
  readonly #out: LineOfWrites;
  readonly #err: LineOfWrites;
  /** Those two, and what is written to besides. */
  readonly #streams: Set<LineOfWrites>;
  #ending: Ending | null = null;
  readonly #outSink: ByteSink;
  readonly #errSink: ByteSink;
  readonly #noColor: boolean;
  readonly #readEnv: (name: string) => string | undefined;

  /** @param streams Other streams and variables than the process's own, for tests. */
  constructor(streams: {
    readonly out?: ByteSink;
    readonly err?: ByteSink;
    readonly env?: (name: string) => string | undefined;
    readonly noColor?: boolean;
  } = {}) {
    this.#outSink = streams.out ?? Deno.stdout;
    this.#errSink = streams.err ?? Deno.stderr;
    this.#noColor = streams.noColor ?? Deno.noColor;
    this.#readEnv = streams.env ?? readEnv;
    this.#out = new LineOfWrites(this.#outSink);
    this.#err = new LineOfWrites(this.#errSink);
    this.#streams = new Set([this.#out, this.#err]);
  }

  /** True if standard output is a terminal. */
  get isOutTerminal(): boolean {
    return this.#outSink.isTerminal();
  }

  /** True if standard error is a terminal. */
  get isErrTerminal(): boolean {
    return this.#errSink.isTerminal();
  }

  /** True if any of the three streams is a terminal: somebody may be at it. */
  get isAnyTerminal(): boolean {
    return this.isOutTerminal || this.isErrTerminal || Deno.stdin.isTerminal();
  }

  /**
   * What the environment says about colour. `never`: `NO_COLOR` is set and not empty, which Deno tells
   * without a permission. `always`: `CLICOLOR_FORCE` is set, not empty and not 0; to see it needs
   * `--allow-env=CLICOLOR_FORCE`.
   */
  get colorChoice(): "auto" | "always" | "never" {
    if (this.#noColor) return "never";
    return ["", "0"].includes(this.#variable("CLICOLOR_FORCE")) ? "auto" : "always";
  }

  /** True with `TERM=dumb`. To see it needs `--allow-env=TERM`. */
  get isDumb(): boolean {
    return this.#variable("TERM") === "dumb";
  }

  /** Empty where it is not set, may not be read, or is no text. */
  #variable(name: string): string {
    try {
      return this.#readEnv(name) ?? "";
    } catch {
      return "";
    }
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
   * Listens for Ctrl-Z; see the port `Terminal`. Deno lets a process send signals to itself without
   * a permission.
   */
  onStop(listener: {
    readonly before: () => Promise<void>;
    readonly after: () => Promise<void>;
  }): Disposable {
    if (Deno.build.os === "windows") return { [Symbol.dispose]: () => {} };
    let isListening = false;
    let isDisposed = false;
    function listen(wanted: boolean): void {
      if (wanted === isListening) return;
      isListening = wanted;
      if (wanted) Deno.addSignalListener("SIGTSTP", stop);
      else Deno.removeSignalListener("SIGTSTP", stop);
    }
    async function stop(): Promise<void> {
      await listener.before().catch(() => {});
      // Without a listener the signal does what it always does: it stops the process, unless there
      // is no shell that could let it go on.
      listen(false);
      try {
        Deno.kill(Deno.pid, "SIGTSTP");
        // This time passes only when the process goes on.
        await new Promise((resolve) => setTimeout(resolve, STOPPED_WITHIN_MS));
      } catch {
        // It cannot be stopped.
      }
      if (isDisposed) return;
      listen(true);
      await listener.after().catch(() => {});
    }
    listen(true);
    return {
      [Symbol.dispose]: () => {
        isDisposed = true;
        listen(false);
      },
    };
  }

  /**
   * Writes all of a text to standard output, after what was written before.
   *
   * @throws {OutputClosedError} If its reader has gone.
   * @throws {AppError} If it cannot be written, e.g. because no space is left, or if it was given up
   *   after `endSoon()`.
   */
  out(text: string): Promise<void> {
    return this.#out.write(text);
  }

  /** Writes all of a text to standard error, after what was written before. Never throws. */
  async err(text: string): Promise<void> {
    try {
      await this.#err.write(text);
    } catch {
      // There is no third stream to report this on, and the result does not depend on it.
    }
  }

  /**
   * Gives up, from now on, a stream that takes nothing for a while; see the port `Terminal`. A write
   * that blocks in the system cannot be taken back: it is left behind, and `Deno.exit()` ends it.
   *
   * @param stallMs In milliseconds; when this is called again, the shortest counts.
   */
  endSoon(reason: AppError, stallMs: number = STALL_MS): void {
    this.#ending = sooner(this.#ending, { reason, stallMs });
    for (const stream of this.#streams) stream.end(this.#ending);
  }

  /**
   * Writes all of a text to a stream that is not the process's own; `endSoon()` counts for it too.
   *
   * @throws As `out()`.
   */
  async writeTo(sink: ByteSink, text: string): Promise<void> {
    const stream = new LineOfWrites(sink);
    if (this.#ending !== null) stream.end(this.#ending);
    this.#streams.add(stream);
    try {
      await stream.write(text);
    } finally {
      this.#streams.delete(stream);
    }
  }

  /** Waits until all that was written is out, or was given up. Never throws. */
  async flush(): Promise<void> {
    await Promise.all([...this.#streams].map((stream) => stream.idle()));
  }
}

/** Writes one text after the other, each one whole. */
class LineOfWrites {
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

  write(text: string): Promise<void> {
    const written = this.#last.then(() => this.#writeAll(new TextEncoder().encode(text)));
    this.#last = written.catch(() => {});
    return written;
  }

  /** Waits for the writes until now, however they end. */
  idle(): Promise<void> {
    return this.#last;
  }

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

/** The first reason, and the shortest time. */
function sooner(before: Ending | null, next: Ending): Ending {
  if (before === null) return next;
  return { reason: before.reason, stallMs: Math.min(before.stallMs, next.stallMs) };
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
