/** The port to Ctrl-C and its like. */
export interface Interrupts extends Disposable {
  /** Aborted by the first signal; its reason is an `AppError` with the code `interrupted`. */
  readonly first: AbortSignal;
  /** Aborted by the second: leave at once. */
  readonly second: AbortSignal;
}
