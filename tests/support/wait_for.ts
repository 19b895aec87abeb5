/** Waiting in tests: for a condition, never for an amount of time. */

/** How long and how often `waitFor()` looks. */
export interface WaitForOptions {
  /** What is waited for; it ends the message of the failure. */
  readonly what: string;
  /** Milliseconds until the wait fails; a busy machine needs many. @default {60000} */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks. @default {5} */
  readonly intervalMs?: number;
}

/** What `waitFor()` gives: the value of the condition that held. */
export type Met<T> = Exclude<T, false | null | undefined>;

/**
 * Looks again and again until a condition holds, and returns its value.
 *
 * @param condition Holds when it returns anything but `false`, `null` and `undefined`; may be async.
 * @throws {Error} If it does not hold in time. What the condition throws ends the wait at once.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitForOptions,
): Promise<Met<Awaited<T>>> {
  const { what, timeoutMs = 60_000, intervalMs = 5 } = options;
  const endMs = performance.now() + timeoutMs;
  while (true) {
    const value = await condition();
    if (isMet(value)) return value;
    if (performance.now() > endMs) {
      throw new Error(`Cannot go on with the test: waited ${timeoutMs} ms in vain for ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

function isMet<T>(value: T): value is Met<T> {
  return value !== false && value !== null && value !== undefined;
}
