/** Telling whoever waits that something has changed. */

/** A bell: whoever waits on it is woken by the next ring. */
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

  /** Waits until a condition holds; it is looked at now and after each ring. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.next();
  }
}

/** Resolves when a signal is aborted, at once if it is already. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
