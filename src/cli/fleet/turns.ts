/** Loops that run side by side, and a limit for what they do at the same time. */

/**
 * Runs a loop for each item. If one fails, the signal that all of them were given is aborted; all
 * are waited for.
 *
 * @throws The first error.
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

/** Lets only a limited number run at the same time, in the order of their arrival. */
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
