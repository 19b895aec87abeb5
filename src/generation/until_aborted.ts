/** Waiting, but not beyond an end: a promise or an abort, whichever is first. */
import type { Clock } from "./clock.ts";

/**
 * Waits for a promise, but not beyond a signal; gives `null` if that was first. Nobody waits for the
 * promise then: what becomes of it is not told, not even that it failed.
 */
export async function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T | null> {
  const { promise: aborted, resolve } = Promise.withResolvers<null>();
  const end = (): void => resolve(null);
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener("abort", end);
    promise.catch(() => {});
  }
}

/**
 * A signal that is aborted when the time is up; disposing stops the timer.
 *
 * @param timeoutMs In milliseconds; 0 or less: at the next turn of the event loop.
 * @param options.giveUp Ends it before.
 */
export function limitTime(
  timeoutMs: number,
  { clock, giveUp }: { readonly clock: Clock; readonly giveUp?: AbortSignal },
): { readonly signal: AbortSignal } & Disposable {
  const timeUp = new AbortController();
  const unused = new AbortController();
  void clock.sleep(timeoutMs, unused.signal).then(() => {
    if (!unused.signal.aborted) timeUp.abort();
  });
  return {
    signal: giveUp === undefined ? timeUp.signal : AbortSignal.any([giveUp, timeUp.signal]),
    [Symbol.dispose]: () => unused.abort(),
  };
}

/** Resolves when one of the signals is aborted. */
export function firstAbort(signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  if (any.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    any.addEventListener("abort", () => resolve(), { once: true });
  });
}
