/** Time as the core sees it; tests move it by hand. */
export interface Clock {
  /** Wall-clock time in epoch milliseconds; it may jump. */
  now(): number;
  /** Milliseconds on a clock that never goes back, for durations only. */
  monotonicMs(): number;
  /**
   * Waits.
   *
   * @param delayMs How long, in milliseconds; 0 or less ends at the next turn of the event loop.
   * @param signal Ends the wait at once, without an error.
   */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}
