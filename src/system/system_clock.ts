import type { Clock } from "../generation/clock.ts";

/** The longest timer that is asked for at once; far longer ones may fire at once instead. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Real time.
 *
 * Sleeps with `AbortSignal.timeout()`: the first `setTimeout()` of a process loads Deno's Node timers,
 * 7 ms of the 20 that an empty program takes, and `status` must start fast. A timer whose sleep was
 * aborted runs on until it is due, but holds nothing and does not keep the process alive.
 */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    for (let leftMs = Math.max(0, Math.ceil(delayMs)); !signal?.aborted;) {
      const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
      await timeout(stepMs, signal);
      leftMs -= stepMs;
      if (leftMs <= 0) return;
    }
  }
}

/** Waits for a timer, or for the signal if that is sooner. */
function timeout(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = AbortSignal.timeout(delayMs);
    function end(): void {
      timer.removeEventListener("abort", end);
      signal?.removeEventListener("abort", end);
      resolve();
    }
    timer.addEventListener("abort", end);
    signal?.addEventListener("abort", end);
  });
}
