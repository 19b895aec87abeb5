/**
 * Progress on stderr: one line that is drawn again on a terminal, line after line where nothing can be
 * drawn again, or NDJSON for scripts.
 */
import type { RunSnapshot } from "../../generation/run_progress.ts";
import { jsonText } from "../../render/escape.ts";
import { progressText } from "../../render/progress_text.ts";
import { roundFraction } from "../../render/text.ts";
import type { Terminal } from "../terminal.ts";
import type { ProgressMode } from "./generate_options.ts";

const REDRAW_MS = 100;
const SECOND_MS = 1_000;
/** Where a line cannot be drawn again, each is a new one. */
const NEXT_LINE_MS = 10_000;

/** An instant of a generation, in milliseconds. */
export interface ProgressTime {
  /** On the monotonic clock. */
  readonly nowMs: number;
  /** Since the request. */
  readonly elapsedMs: number;
}

/** How progress is shown; `none` where nobody could read it. */
export type ProgressStyle = "bar" | "json" | "none";

/** How progress is shown with these options on this terminal. */
export function progressStyle(
  options: { readonly progress: ProgressMode | undefined; readonly quiet: boolean | undefined },
  { isErrTerminal, isDumb }: Pick<Terminal, "isErrTerminal" | "isDumb">,
): ProgressStyle {
  const { progress = "auto" } = options;
  if (progress !== "auto") return progress;
  return isErrTerminal && !isDumb && !options.quiet ? "bar" : "none";
}

/** Shows one generation's progress until it is cleared. */
export class ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #options: {
    readonly style: ProgressStyle;
    readonly id: string;
    readonly steps: number | null;
  };
  #latest: RunSnapshot | null = null;
  /** Whether the latest snapshot has not been shown yet. */
  #isNew = false;
  #drawnAtMs = -Infinity;
  #isDrawn = false;
  readonly #isRedrawn: boolean;

  /**
   * @param options.id Our own id of the generation.
   * @param options.steps Steps asked for; `null`: the server's default.
   */
  constructor(terminal: Terminal, options: {
    readonly style: ProgressStyle;
    readonly id: string;
    readonly steps: number | null;
  }) {
    this.#terminal = terminal;
    this.#options = options;
    this.#isRedrawn = options.style === "bar" && terminal.isErrTerminal && !terminal.isDumb;
  }

  /**
   * Shows a snapshot, at once or with a later `tick()`: ten times a second at most.
   *
   * @param time.nowMs On the monotonic clock.
   */
  show(snapshot: RunSnapshot, time: ProgressTime): void {
    this.#latest = snapshot;
    this.#isNew = true;
    this.tick(time);
  }

  /** Shows what is due: a snapshot that came too soon, or the time that passes meanwhile. */
  tick(time: ProgressTime): void {
    if (time.nowMs - this.#drawnAtMs >= this.#pauseMs()) this.#write(time);
  }

  /** Shows what was not shown yet, at the end: lines that stay must not end before it. */
  finish(time: ProgressTime): void {
    if (this.#isNew && !this.#isRedrawn) this.#write(time);
  }

  #pauseMs(): number {
    // Lines of JSON tell news only; a line for people shows that time goes on.
    if (this.#options.style === "json") return this.#isNew ? REDRAW_MS : Infinity;
    if (!this.#isRedrawn) return NEXT_LINE_MS;
    return this.#isNew ? REDRAW_MS : SECOND_MS;
  }

  #write(time: ProgressTime): void {
    const { style, steps } = this.#options;
    const snapshot = this.#latest;
    if (style === "none" || snapshot === null) return;
    this.#isNew = false;
    this.#drawnAtMs = time.nowMs;
    if (style === "json") {
      void this.#terminal.err(`${jsonText(this.#line(snapshot, time.elapsedMs))}\n`);
      return;
    }
    const columns = this.#terminal.columns() - 1;
    const text = progressText(snapshot, { elapsedMs: time.elapsedMs, steps, columns });
    this.#isDrawn = this.#isRedrawn;
    void this.#terminal.err(this.#isRedrawn ? `\r\x1b[2K${text}` : `${text}\n`);
  }

  /** Takes the line away, so that something else can be said. */
  async clear(): Promise<void> {
    if (this.#isDrawn) await this.#terminal.err("\r\x1b[2K");
    this.#isDrawn = false;
  }

  #line(snapshot: RunSnapshot, elapsedMs: number): Readonly<Record<string, unknown>> {
    const { remainingMs, counters } = snapshot;
    return {
      session_id: this.#options.id,
      images_total: snapshot.imagesTotal,
      images_done: snapshot.imagesDone,
      progress: roundFraction(snapshot.progress),
      overall: roundFraction(snapshot.overall),
      current: roundFraction(snapshot.current),
      loading_models: counters?.loadingModels ?? null,
      elapsed_seconds: Math.round(elapsedMs / 100) / 10,
      remaining_seconds: remainingMs === null ? null : Math.round(remainingMs / 100) / 10,
    };
  }
}
