import type { Clock } from "../../src/generation/clock.ts";

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  /** Milliseconds on the clock that never goes back. */
  #monotonicMs = 0;
  /** How far the wall clock is ahead of the other one. */
  #wallOffsetMs: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param nowMs The wall clock's start in epoch milliseconds. */
  constructor(nowMs: number = Date.UTC(2025, 9, 10, 14, 30)) {
    this.#wallOffsetMs = nowMs;
  }

  /** How many sleeps are pending, to wait until the tested code sleeps. */
  get sleeperCount(): number {
    return this.#sleepers.size;
  }

  now(): number {
    return this.#monotonicMs + this.#wallOffsetMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    if (delayMs <= 0) return nextTurn();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.#monotonicMs + delayMs, wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener("abort", wake);
    });
  }

  /**
   * Lets time pass: wakes every sleep that ends within it, in the order of their ends, each at its
   * own time, including sleeps that begin meanwhile. After each, the event loop gets a turn; code
   * that waits for real files or sockets may need more (`waitFor()`).
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await nextTurn();
    for (let next = this.#first(); next && next.dueMs <= endMs; next = this.#first()) {
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueMs);
      next.wake();
      await nextTurn();
    }
    this.#monotonicMs = endMs;
  }

  /** Sets the wall clock, forwards or backwards; sleeps and durations are not affected. */
  setNow(nowMs: number): void {
    this.#wallOffsetMs = nowMs - this.#monotonicMs;
  }

  #first(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (first === undefined || sleeper.dueMs < first.dueMs) first = sleeper;
    }
    return first;
  }
}

/** Lets everything run that is ready, promises and timers of zero alike. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
