/** Waiting in tests: for a condition, never for an amount of time. */

/** How long and how often `waitFor()` looks. */
export interface WaitForOptions {
  /** What is waited for; the end of the failure's message. */
  readonly what: string;
  /** Milliseconds until the wait fails; a busy machine needs many. @default {60000} */
  readonly timeoutMs?: number;
  /** Milliseconds between two looks. @default {5} */
  readonly intervalMs?: number;
}

/** The result of `waitFor()`: the value of the condition that became true. */
export type Met<T> = Exclude<T, false | null | undefined>;

/**
 * Checks again and again until a condition is true, and returns its value.
 *
 * @param condition True when it returns anything but `false`, `null` and `undefined`; may be async.
 * @throws {Error} If it does not become true in time. An error of the condition ends the wait at
 * once.
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
