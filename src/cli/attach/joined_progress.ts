/**
 * The progress of a generation whose process is gone: from where its record left it, by the counters
 * of its session.
 */
import type { Clock } from "../../generation/clock.ts";
import type { Counters } from "../../generation/server/counters.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import type { RequestNote } from "../../generation/recovery/request_note.ts";
import { RunProgress, type RunSnapshot } from "../../generation/run/run_progress.ts";

/**
 * Time between two questions, in milliseconds: short at first and after each image, so that the time
 * of short images is measured well.
 */
const OFTEN_MS = 250;
const SELDOM_MS = 1_000;
/** How long it is asked often, in milliseconds. */
const OFTEN_FOR_MS = 10_000;

/** Follows one generation. */
export class JoinedProgress {
  readonly #clock: Clock;
  readonly #progress: RunProgress;
  #waiting: number | null = null;
  #changedMs: number;

  constructor(
    record: GenerationRecord,
    { note, clock }: { readonly note: RequestNote; readonly clock: Clock },
  ) {
    const { progress, imagesDone, status, updatedAt, remainingSeconds = null } = record;
    this.#clock = clock;
    this.#changedMs = clock.monotonicMs();
    const goneMs = Math.max(0, clock.now() - updatedAt);
    const leftMs = remainingSeconds === null ? 0 : remainingSeconds * 1000 - goneMs;
    this.#progress = new RunProgress(note.images, note.batchSize, {
      progress: progress ?? 0,
      imagesDone: imagesDone ?? 0,
      joined: {
        begun: status === "generating"
          ? { atMs: this.#changedMs - goneMs, done: (progress ?? 0) * note.images }
          : null,
        remainingMs: leftMs > 0 ? leftMs : null,
      },
    });
  }

  take(counters: Counters): RunSnapshot {
    const nowMs = this.#clock.monotonicMs();
    if (counters.waitingGens !== this.#waiting) this.#changedMs = nowMs;
    this.#waiting = counters.waitingGens;
    this.#progress.takeCounters(counters, nowMs);
    return this.#progress.snapshot(nowMs);
  }

  /** Milliseconds until the counters should be asked for again. */
  askAfterMs(): number {
    return this.#clock.monotonicMs() - this.#changedMs < OFTEN_FOR_MS ? OFTEN_MS : SELDOM_MS;
  }
}
