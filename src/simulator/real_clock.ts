/** The real time, for a simulator that is not moved by a test. */
import type { Clock } from "../generation/clock.ts";

/** Time as it passes. */
export class RealClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, Math.max(0, delayMs));
      signal?.addEventListener("abort", end);
    });
  }
}
