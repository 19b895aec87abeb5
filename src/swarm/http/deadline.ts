/**
 * A signal that is aborted after a time, unless it is disposed earlier: for a wait whose result is
 * used after it. It does not use `setTimeout()`, whose first use loads Deno's Node timers, which take
 * a third of the time of an empty program. A timer that is no longer needed runs on, but keeps no
 * process alive.
 *
 * @param timeoutMs In milliseconds; `null`: no limit.
 */
export function startDeadline(
  timeoutMs: number | null,
): Disposable & { readonly signal: AbortSignal } {
  const deadline = new AbortController();
  const timer = timeoutMs === null ? null : AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs)));
  const expire = (): void => deadline.abort();
  timer?.addEventListener("abort", expire);
  return {
    signal: deadline.signal,
    [Symbol.dispose]: () => timer?.removeEventListener("abort", expire),
  };
}
