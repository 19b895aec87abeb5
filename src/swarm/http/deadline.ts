import { timeUp } from "./limits.ts";

/**
 * A signal that is aborted after a time, unless it is disposed earlier: for a wait whose result is
 * used after it.
 *
 * @param timeoutMs In milliseconds; `null`: no limit.
 */
export function startDeadline(
  timeoutMs: number | null,
): Disposable & { readonly signal: AbortSignal } {
  const deadline = new AbortController();
  const timer = timeUp(timeoutMs);
  const expire = (): void => deadline.abort();
  timer?.addEventListener("abort", expire);
  return {
    signal: deadline.signal,
    [Symbol.dispose]: () => timer?.removeEventListener("abort", expire),
  };
}
