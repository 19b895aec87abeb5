/**
 * The progress of a generation of another process: by its record, and once its process is gone from
 * where the record left it, by the counters of its session.
 */
import type { Clock } from "../../generation/clock.ts";
import type { Counters } from "../../generation/server/counters.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import type { RequestNote } from "../../generation/recovery/request_note.ts";
import { AskingPace } from "../../generation/run/asking_pace.ts";
import { delayCauseOf } from "../../generation/run/remaining_time.ts";
import { RunProgress, type RunSnapshot } from "../../generation/run/run_progress.ts";

/**
 * The same as its own process shows, as far as it is in the record.
 *
 * @param nowMs Epoch milliseconds.
 */
export function snapshotOf(record: GenerationRecord, nowMs: number): RunSnapshot {
  const imagesTotal = record.imagesTotal ?? 1;
  const imagesDone = record.imagesDone ?? 0;
  const progress = record.progress ?? 0;
  const ofImage = Math.max(0, Math.min(1, progress * imagesTotal - imagesDone));
  const { remainingSeconds = null, queued = null, status, updatedAt } = record;
  const goneMs = Math.max(0, nowMs - updatedAt);
  return {
    imagesTotal,
    imagesDone,
    progress,
    overall: progress > 0 ? ofImage : null,
    current: ofImage > 0 && ofImage < 1 ? ofImage : null,
    remainingMs: remainingSeconds === null ? null : Math.max(0, remainingSeconds * 1000 - goneMs),
    delayedBy: delayCauseOf(record.delayedBy),
    counters: status === "pending" ? null : {
      waitingGens: imagesTotal - imagesDone,
      loadingModels: 0,
      waitingBackends: 0,
      liveGens: queued === true ? 0 : 1,
    },
  };
}

/** Follows one generation by its counters. */
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
