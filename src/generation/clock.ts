/** Time as the core sees it. Tests move it by hand. */
export interface Clock {
  /** Wall-clock time in epoch milliseconds; it may jump. */
  now(): number;
  /** Milliseconds on a clock that never goes back, for durations only. */
  monotonicMs(): number;
  /**
   * Waits.
   *
   * @param delayMs In milliseconds; 0 or less ends at the next turn of the event loop.
   * @param signal Ends the wait at once, without an error.
   */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}
