/** Decides when a watching command looks again. */
import type { Clock } from "../../generation/clock.ts";
import type { QueuePushes } from "../../detection/queue_pushes.ts";
import type { GenerationStore } from "../../generation/records/store.ts";

/** Shortest time between two looks because of changed records, in milliseconds. */
const RECORDS_GAP_MS = 250;

/** Shortest time between two looks because of changed queues, in milliseconds. */
export const QUEUES_GAP_MS = 50;

/** Why it is time to look: the interval is over, records have changed, or queues have. */
export type LookReason = "interval" | "records" | "queues";

/**
 * Yields whenever a look is due, the first time at once, until the signal ends it.
 *
 * @param from.intervalMs Longest time between two yields of `interval` or `queues`, in milliseconds;
 * read after each look, and again when it is over.
 */
export async function* scheduleLooks(from: {
  readonly stores: readonly GenerationStore[];
  readonly pushes: QueuePushes;
  readonly clock: Clock;
  readonly intervalMs: () => number;
  readonly signal: AbortSignal;
}): AsyncGenerator<LookReason> {
  const { clock, signal, pushes } = from;
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const changes = new Changes();
  const watches = from.stores.map((store) => changes.follow(store, stop));
  try {
    let lookedMs = clock.monotonicMs();
    yield "interval";
    while (!signal.aborted) {
      const intervalMs = from.intervalMs();
      const gapMs = clock.monotonicMs() + QUEUES_GAP_MS;
      const early = AbortSignal.any([signal, pushes.news]);
      // Changes since the last look are due, but not at once: progress is published often.
      await clock.sleep(Math.min(RECORDS_GAP_MS, intervalMs), early);
      const wake = AbortSignal.any([early, changes.signal]);
      let dueMs = lookedMs + intervalMs;
      while (!wake.aborted && clock.monotonicMs() < dueMs) {
        await clock.sleep(dueMs - clock.monotonicMs(), wake);
        // Connections to queues that opened meanwhile make it later.
        dueMs = lookedMs + from.intervalMs();
      }
      if (pushes.news.aborted) await clock.sleep(gapMs - clock.monotonicMs(), signal);
      if (signal.aborted) return;
      const isDue = clock.monotonicMs() >= dueMs;
      const isTold = pushes.news.aborted;
      pushes.takeNews();
      changes.take();
      if (isDue || isTold) lookedMs = clock.monotonicMs();
      yield isDue ? "interval" : isTold ? "queues" : "records";
    }
  } finally {
    ended.abort();
    await Promise.all(watches);
  }
}

/** Remembers whether records have changed. */
class Changes {
  #changed = new AbortController();

  /** Aborted when something has changed. */
  get signal(): AbortSignal {
    return this.#changed.signal;
  }

  take(): void {
    if (this.#changed.signal.aborted) this.#changed = new AbortController();
  }

  async follow(store: GenerationStore, signal: AbortSignal): Promise<void> {
    for await (const _ of store.watch(signal)) this.#changed.abort();
  }
}
