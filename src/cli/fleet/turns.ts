/** Loops that go on side by side, and what they may do at the same time. */

/**
 * Runs a loop for each item. One that fails ends the others through the signal that they are given;
 * all are waited for.
 *
 * @throws What the first one threw.
 */
export async function runLoops<T>(
  items: readonly T[],
  signal: AbortSignal,
  loop: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  await Promise.all(items.map(async (item) => {
    try {
      await loop(item, either);
    } catch (error) {
      failed.abort(failed.signal.aborted ? undefined : { error });
    }
  }));
  if (failed.signal.aborted) throw failed.signal.reason.error;
}

/** Lets only so many go at the same time, in the order in which they come. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  async take<T>(action: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
