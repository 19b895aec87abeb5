/** The progress of a generation by its record. Pure. */
import type { Counters } from "../../generation/server/counters.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import { delayCauseOf } from "../../generation/run/remaining_time.ts";
import type { RunSnapshot } from "../../generation/run/run_progress.ts";

const NOTHING: Counters = { waitingGens: 0, loadingModels: 0, waitingBackends: 0, liveGens: 0 };

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
    counters: status === "pending"
      ? null
      : { ...NOTHING, waitingGens: imagesTotal - imagesDone, liveGens: queued === true ? 0 : 1 },
  };
}
