import type { AppError } from "../errors.ts";
import { LineOfWrites } from "./line_of_writes.ts";
import type { ByteSink, Ending } from "./line_of_writes.ts";
import { readEnv } from "./permissions.ts";
import type { StopListener } from "./stop_signal.ts";

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
/** How long a stream may accept nothing when the program is to end, in milliseconds. */
const STALL_MS = 2_000;

/** The process's standard output and standard error. Needs no permission. */
export class SystemTerminal {
  readonly #out: LineOfWrites;
  readonly #err: LineOfWrites;
  /** Both of them, and other streams that are being written. */
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

  /** True if any of the three streams is a terminal, so that somebody may be watching. */
  get isAnyTerminal(): boolean {
    return this.isOutTerminal || this.isErrTerminal || Deno.stdin.isTerminal();
  }

  /**
   * What the environment says about colour. `never`: `NO_COLOR` is set and not empty, which Deno
   * shows without a permission. `always`: `CLICOLOR_FORCE` is set, not empty and not 0; reading it
   * needs `--allow-env=CLICOLOR_FORCE`.
   */
  get colorChoice(): "auto" | "always" | "never" {
    if (this.#noColor) return "never";
    return ["", "0"].includes(this.#variable("CLICOLOR_FORCE")) ? "auto" : "always";
  }

  /** True with `TERM=dumb`. Reading it needs `--allow-env=TERM`. */
  get isDumb(): boolean {
    return this.#variable("TERM") === "dumb";
  }

  /** Empty if it is not set, must not be read, or is not text. */
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

  /** Listens for Ctrl-Z; see the port `Terminal`. */
  async onStop(listener: StopListener): Promise<Disposable> {
    // Loaded where it is wanted: only a watch does.
    const { listenForStop } = await import("./stop_signal.ts");
    return listenForStop(listener);
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

/** The first reason, and the shortest time. */
function sooner(before: Ending | null, next: Ending): Ending {
  if (before === null) return next;
  return { reason: before.reason, stallMs: Math.min(before.stallMs, next.stallMs) };
}
