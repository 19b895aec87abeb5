/**
 * Progress on stderr: one line that is redrawn on a terminal, new lines if nothing can be redrawn,
 * or NDJSON for scripts.
 */
import { knownProgress, type RunSnapshot } from "../../generation/run/run_progress.ts";
import { jsonText } from "../../render/escape.ts";
import { progressText } from "../../render/generation/progress_text.ts";
import { roundFraction } from "../../render/text.ts";
import type { Terminal } from "../terminal.ts";
import type { ProgressMode } from "./generate_options.ts";

const REDRAW_MS = 100;
const SECOND_MS = 1_000;
/** If a line cannot be redrawn, a new one comes this often. */
const NEXT_LINE_MS = 10_000;

/** A moment of a generation, in milliseconds. */
export interface ProgressTime {
  /** On the monotonic clock. */
  readonly nowMs: number;
  /** Since the request. */
  readonly elapsedMs: number;
}

/** How progress is shown; `none` if nobody could read it. */
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
   * @param options.id This tool's id of the generation.
   * @param options.steps Steps requested; `null`: the server's default.
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
   * Shows a snapshot, at once or with a later `tick()`, at most ten times a second.
   *
   * @param time.nowMs On the monotonic clock.
   */
  show(snapshot: RunSnapshot, time: ProgressTime): void {
    this.#latest = snapshot;
    this.#isNew = true;
    this.tick(time);
  }

  /** Shows what is due: a snapshot that came too soon, or the elapsed time. */
  tick(time: ProgressTime): void {
    if (time.nowMs - this.#drawnAtMs >= this.#pauseMs()) this.#write(time);
  }

  /** Shows the last snapshot at the end: lines that stay must not end before it. */
  finish(time: ProgressTime): void {
    if (this.#isNew && !this.#isRedrawn) this.#write(time);
  }

  #pauseMs(): number {
    // JSON lines report only news; a line for people also shows that time passes.
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

  /** Removes the line, so that something else can be printed. */
  async clear(): Promise<void> {
    if (this.#isDrawn) await this.#terminal.err("\r\x1b[2K");
    this.#isDrawn = false;
  }

  #line(snapshot: RunSnapshot, elapsedMs: number): Readonly<Record<string, unknown>> {
    const { remainingMs, delayedBy, counters } = snapshot;
    return {
      session_id: this.#options.id,
      images_total: snapshot.imagesTotal,
      images_done: snapshot.imagesDone,
      progress: roundFraction(knownProgress(snapshot)),
      overall: roundFraction(snapshot.overall),
      current: roundFraction(snapshot.current),
      loading_models: counters?.loadingModels ?? null,
      elapsed_seconds: Math.round(elapsedMs / 100) / 10,
      remaining_seconds: remainingMs === null ? null : Math.round(remainingMs / 100) / 10,
      delayed_by: delayedBy,
    };
  }
}
