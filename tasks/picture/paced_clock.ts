import type { Clock } from "../../src/generation/clock.ts";
import { SystemClock } from "../../src/system/system_clock.ts";

const SLICE_MS = 10;

/** Real time for a server whose work can be held, so that others can look at it, or hurried. */
export class PacedClock implements Clock {
  /** While it is `held` no sleep ends; `fast` ends each at once. */
  pace: "real" | "held" | "fast" = "real";
  readonly #time = new SystemClock();

  now(): number {
    return this.#time.now();
  }

  monotonicMs(): number {
    return this.#time.monotonicMs();
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    for (let leftMs = delayMs; !signal?.aborted;) {
      await this.#time.sleep(Math.min(leftMs, SLICE_MS), signal);
      if (this.pace === "fast") return;
      if (this.pace === "real") leftMs -= SLICE_MS;
      if (leftMs <= 0) return;
    }
  }
}
