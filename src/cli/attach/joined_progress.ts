/**
 * The progress of a generation whose process is gone: from where its record left it, by the counters
 * of its session.
 */
import type { Clock } from "../../generation/clock.ts";
import type { Counters } from "../../generation/server/counters.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import type { RequestNote } from "../../generation/recovery/request_note.ts";
import { AskingPace } from "../../generation/run/asking_pace.ts";
import { RunProgress, type RunSnapshot } from "../../generation/run/run_progress.ts";

/** Follows one generation. */
export class JoinedProgress {
  readonly #clock: Clock;
  readonly #progress: RunProgress;
  readonly #pace: AskingPace;

  constructor(
    record: GenerationRecord,
    { note, clock }: { readonly note: RequestNote; readonly clock: Clock },
  ) {
    const { progress, imagesDone, status, updatedAt, remainingSeconds = null } = record;
    this.#clock = clock;
    const nowMs = clock.monotonicMs();
    this.#pace = new AskingPace(nowMs);
    const goneMs = Math.max(0, clock.now() - updatedAt);
    const leftMs = remainingSeconds === null ? 0 : remainingSeconds * 1000 - goneMs;
    this.#progress = new RunProgress(note.images, note.batchSize, {
      progress: progress ?? 0,
      imagesDone: imagesDone ?? 0,
      joined: {
        begun: status === "generating"
          ? { atMs: nowMs - goneMs, done: (progress ?? 0) * note.images }
          : null,
        remainingMs: leftMs > 0 ? leftMs : null,
      },
    });
  }

  take(counters: Counters): RunSnapshot {
    const nowMs = this.#clock.monotonicMs();
    this.#pace.see(counters, nowMs);
    this.#progress.takeCounters(counters, nowMs);
    return this.#progress.snapshot(nowMs);
  }

  /** Milliseconds until the counters should be asked for again. */
  askAfterMs(): number {
    return this.#pace.pauseMs(this.#clock.monotonicMs());
  }
}
