/** Waiting with an end: for a promise or an abort, whichever comes first. */
import type { Clock } from "./clock.ts";

/**
 * Waits for a promise, at most until a signal; returns `null` if the signal came first. The promise
 * is then ignored, even if it fails.
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

/** The same, but throws the signal's reason if the signal came first. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = await untilAborted(promise.then((value) => ({ value })), signal);
  if (ended === null) throw signal.reason;
  return ended.value;
}

/**
 * A signal that is aborted when the time is up. Disposing stops the timer.
 *
 * @param timeoutMs In milliseconds; 0 or less: at the next turn of the event loop.
 * @param options.giveUp Ends it earlier.
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

/**
 * Gives notice of changes until a signal. Changes that come before the last notice was taken are one
 * notice, and none is given after the signal.
 *
 * @param listen Called at the first step, with what to call at each change; gives what ends it, which
 * is called at the signal and when nobody wants more notices.
 */
export async function* noticesUntil(
  signal: AbortSignal,
  listen: (notify: () => void) => () => void | Promise<void>,
): AsyncGenerator<void> {
  let next = Promise.withResolvers<void>();
  const wake = (): void => next.resolve();
  const unlisten = listen(wake);
  signal.addEventListener("abort", wake);
  try {
    while (!signal.aborted) {
      await next.promise;
      if (signal.aborted) return;
      next = Promise.withResolvers<void>();
      yield;
    }
  } finally {
    signal.removeEventListener("abort", wake);
    await unlisten();
  }
}

/** Resolves when one of the signals is aborted. */
export function firstAbort(signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  if (any.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    any.addEventListener("abort", () => resolve(), { once: true });
  });
}
