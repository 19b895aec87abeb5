/**
 * What is known of a generation whose record nobody keeps up any more, since its process is gone: what its session's counters tell, and else nothing that may be out of date. Pure.
 */
import type { Counters } from "../generation/counters.ts";
import type { GenerationRecord } from "../generation/generation.ts";
import type { Owner } from "../generation/owner.ts";

/**
 * The record as far as it can be true now. What was done stays done: it is the least that is known.
 *
 * @param seen.counters What its own session said last; `null`: it could not be asked.
 */
export function knownRecord(record: GenerationRecord, seen: {
  readonly owner: Owner;
  readonly counters: Counters | null;
}): GenerationRecord {
  const { owner, counters } = seen;
  if (owner !== "gone") return record;
  const { imagesTotal, batchSize = 1 } = record;
  const before = record.imagesDone ?? 0;
  const counted = counters === null || imagesTotal === null || counters.waitingGens === 0
    ? null
    : imagesTotal - counters.waitingGens * batchSize;
  const done = Math.max(before, counted ?? 0);
  const share = imagesTotal === null || imagesTotal === 0 ? 0 : done / imagesTotal;
  const progress = Math.max(record.progress ?? 0, Math.min(1, share));
  const isAtWork = done > 0 || progress > 0 || (counters !== null && counters.liveGens > 0);
  return {
    ...record,
    status: isAtWork ? "generating" : record.status,
    progress: progress > 0 ? progress : null,
    imagesDone: counted === null && before === 0 ? null : done,
  };
}
