import type { Clock } from "../generation/clock.ts";

/** The longest timer that is used at once; much longer ones may fire immediately. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Real time.
 *
 * Sleeps with `AbortSignal.timeout()`: the first `setTimeout()` of a process loads Deno's Node
 * timers, 7 ms of the 20 that an empty program takes, and `status` must start fast. The timer of an
 * aborted sleep runs on, but does not keep the process alive.
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

/** Waits for a timer, or for the signal if it comes first. */
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
