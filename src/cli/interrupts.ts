/** The port to Ctrl-C and its like. */
export interface Interrupts extends Disposable {
  /** Aborted by the first signal; its reason is an `AppError` with the code `interrupted`. */
  readonly first: AbortSignal;
  /** Aborted by the second: leave at once. */
  readonly second: AbortSignal;
}

/** What a command may say of its end. */
export interface InterruptOptions {
  /**
   * How long after the first signal the process ends by force, whatever it still waits for, in
   * milliseconds. @default {10000}
   */
  readonly endWithinMs?: number;
}
