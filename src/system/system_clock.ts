import type { Clock } from "../generation/clock.ts";

/** The longest timer that JavaScript keeps; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Real time. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      let leftMs = Math.max(0, delayMs);
      let timer: ReturnType<typeof setTimeout>;
      function end(): void {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      }
      function waitOn(): void {
        const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
        leftMs -= stepMs;
        timer = setTimeout(leftMs > 0 ? waitOn : end, stepMs);
      }
      signal?.addEventListener("abort", end);
      waitOn();
    });
  }
}
