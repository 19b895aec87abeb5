/** An end to waiting. */

/**
 * A signal that is aborted after a time, unless it is disposed before. Not by `setTimeout()`, whose
 * first use loads Deno's Node timers, a third of what an empty program takes. A timer that nobody
 * heeds any more runs on until it is due, but keeps no process alive.
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
