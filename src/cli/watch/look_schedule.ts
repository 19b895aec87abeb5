/** Decides when a watching command looks again. */
import type { Clock } from "../../generation/clock.ts";
import type { GenerationStore } from "../../generation/store.ts";

/** Shortest time between two looks because of changed records, in milliseconds. */
const RECORDS_GAP_MS = 250;

/** Why it is time to look: the interval is over, or records have changed. */
export type LookReason = "interval" | "records";

/**
 * Yields whenever a look is due, the first time at once, until the signal ends it.
 *
 * @param from.intervalMs Longest time between two yields of `interval`, in milliseconds; read after
 * each look.
 */
export async function* scheduleLooks(from: {
  readonly stores: readonly GenerationStore[];
  readonly clock: Clock;
  readonly intervalMs: () => number;
  readonly signal: AbortSignal;
}): AsyncGenerator<LookReason> {
  const { clock, signal } = from;
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const changes = new Changes();
  const watches = from.stores.map((store) => changes.follow(store, stop));
  try {
    let lookedMs = clock.monotonicMs();
    yield "interval";
    while (!signal.aborted) {
      const intervalMs = from.intervalMs();
      const dueMs = lookedMs + intervalMs;
      // Changes since the last look are due, but not at once: progress is published often.
      await clock.sleep(Math.min(RECORDS_GAP_MS, intervalMs), signal);
      await clock.sleep(dueMs - clock.monotonicMs(), AbortSignal.any([signal, changes.signal]));
      if (signal.aborted) return;
      const isDue = clock.monotonicMs() >= dueMs;
      changes.take();
      if (isDue) lookedMs = clock.monotonicMs();
      yield isDue ? "interval" : "records";
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
