import { AppError } from "../errors.ts";

/** The signals by which a user or the system asks the program to end. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGTERM", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

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
 *
 * A SIGHUP is never the second: a terminal that is closed sends one itself and has its shell send
 * another, and neither is somebody who cannot wait.
 *
 * @param options.ignoresHangUp Whether SIGHUP is none of them; see `ignoreHangUp()`.
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
 * Hears the system's wish that the process ends, for as long as it lives: SIGTERM and SIGHUP, or
 * SIGBREAK on Windows. Ctrl-C is not among them: without a listener the process dies of it, by which
 * a shell knows that the loop around it is to end too. Needs no permission, and holds no process.
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
 * Lets the process live on through SIGHUP, as under `nohup`. Deno makes a SIGHUP that was ignored
 * before it started deadly again and does not tell that it was (`SigIgn` of Linux's
 * `/proc/self/status` takes `--allow-all`), so whoever calls this goes by the streams: without a
 * terminal nothing can be hung up.
 */
export function ignoreHangUp(): void {
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", () => {});
}
