/** Waiting for a change, or for a time. */
import type { Clock } from "../generation/clock.ts";

/** A bell: whoever waits for it is woken by the next ring. */
export class Bell {
  #waiters: (() => void)[] = [];

  /** Wakes all who wait. */
  ring(): void {
    const woken = this.#waiters;
    this.#waiters = [];
    for (const wake of woken) wake();
  }

  /** Waits for the next ring. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Waits until a condition is true; it is checked now and after each ring. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.next();
  }
}

/** Real time, for a simulator whose time is not moved by a test. */
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
