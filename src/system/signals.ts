import { AppError } from "../errors.ts";

/** The signals by which a user or the system asks the program to end. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGTERM", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** Signals heard while this is not disposed. */
export interface SignalListener extends Disposable {
  /** Aborted by the first signal; its reason is an `AppError` with the code `interrupted`. */
  readonly first: AbortSignal;
  /** Aborted by the second signal, whichever of them it is. */
  readonly second: AbortSignal;
}

/**
 * Listens for Ctrl-C and its like. Until it is disposed the process does not die of them; it does
 * not keep the process alive either. Needs no permission.
 */
export function listenForSignals(): SignalListener {
  const first = new AbortController();
  const second = new AbortController();
  const listeners = SIGNALS.map((signal) => ({
    signal,
    hear(): void {
      const next = first.signal.aborted ? second : first;
      next.abort(new AppError("interrupted", `Interrupted by ${signal}`));
    },
  }));
  for (const { signal, hear } of listeners) Deno.addSignalListener(signal, hear);
  return {
    first: first.signal,
    second: second.signal,
    [Symbol.dispose](): void {
      for (const { signal, hear } of listeners) Deno.removeSignalListener(signal, hear);
    },
  };
}
