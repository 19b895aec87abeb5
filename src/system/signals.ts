import { AppError } from "../errors.ts";

/** The signals by which a user or the system asks the program to end. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGTERM", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Catches signals until it is disposed. */
export interface SignalListener extends Disposable {
  /** Aborted by the first signal; its reason is an `AppError` with the code `interrupted`. */
  readonly first: AbortSignal;
  /** Aborted by the second signal, whichever it is. */
  readonly second: AbortSignal;
}

/**
 * Catches Ctrl-C and similar signals. Until it is disposed, they do not end the process; it does
 * not keep the process alive either. Needs no permission.
 *
 * A SIGHUP never counts as the second signal: a terminal that is closed sends one itself and makes
 * its shell send another, which does not mean that somebody cannot wait.
 *
 * @param options.ignoresHangUp Whether SIGHUP is left out; see `ignoreHangUp()`.
 */
export function listenForSignals(
  options: { readonly ignoresHangUp?: boolean } = {},
): SignalListener {
  const first = new AbortController();
  const second = new AbortController();
  const signals = SIGNALS.filter((signal) => signal !== "SIGHUP" || !options.ignoresHangUp);
  const listeners = signals.map((signal) => ({
    signal,
    hear(): void {
      if (first.signal.aborted && signal === "SIGHUP") return;
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

/**
 * Reports that the system wants the process to end, for as long as it lives: SIGTERM and SIGHUP, or
 * SIGBREAK on Windows. Ctrl-C is not included: without a listener it kills the process, which tells
 * a shell to end the loop around it too. Needs no permission, and does not keep the process alive.
 *
 * @param hear Gets an `AppError` with the code `interrupted`, again at each signal.
 */
export function listenForEnd(
  hear: (reason: AppError) => void,
  options: { readonly ignoresHangUp?: boolean } = {},
): void {
  for (const signal of SIGNALS) {
    if (signal === "SIGINT" || (signal === "SIGHUP" && options.ignoresHangUp)) continue;
    Deno.addSignalListener(
      signal,
      () => hear(new AppError("interrupted", `Interrupted by ${signal}`)),
    );
  }
}

/**
 * Lets the process survive SIGHUP, as under `nohup`. Deno resets a SIGHUP that was ignored before
 * it started and does not say that it was (`SigIgn` in Linux's `/proc/self/status` needs
 * `--allow-all`). So callers decide by the streams: without a terminal nothing can hang up.
 */
export function ignoreHangUp(): void {
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", () => {});
}
