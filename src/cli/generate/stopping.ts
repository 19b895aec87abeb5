/** Ctrl-C and `--timeout`, which end a generation early. */
import { AppError } from "../../errors.ts";
import type { StopReason } from "../../generation/stop/stop_on_demand.ts";
import type { CommandContext } from "../context.ts";
import type { ProgressDisplay } from "./progress_display.ts";

/**
 * How long after the stop pictures are saved, in milliseconds: after ten seconds the process ends,
 * and the result must be written by then.
 */
const SAVE_UNTIL_MS = 9_000;

/** Signals that say whether to stop, and whether to end at once. */
export interface Stopping extends Disposable {
  /** Aborted with a `StopReason`. */
  readonly stop: AbortSignal;
  /** Aborted by a Ctrl-C after the stop: end at once. */
  readonly leave: AbortSignal;
  /** Aborted when only the reader of the result may still be waited for; otherwise like `stop`. */
  readonly late: AbortSignal;
}

/** Listens until it is disposed; signals of the system count as Ctrl-C. */
export function listenForStops(
  timeoutMs: number | undefined,
  context: Pick<CommandContext, "clock" | "listenForInterrupts" | "terminal">,
): Stopping {
  const interrupts = context.listenForInterrupts();
  const [stop, leave, late, ended] = [
    new AbortController(),
    new AbortController(),
    new AbortController(),
    new AbortController(),
  ];
  const byInterrupt: StopReason = "interrupted";
  const byTimeout: StopReason = "timed_out";
  stop.signal.addEventListener("abort", () => {
    void context.clock.sleep(SAVE_UNTIL_MS, ended.signal).then(() => {
      if (!ended.signal.aborted) late.abort(stop.signal.reason);
    });
  }, { once: true });
  interrupts.first.addEventListener("abort", () => {
    // After the time-out has stopped it, one Ctrl-C is enough to end at once.
    if (stop.signal.aborted) leave.abort(interrupts.first.reason);
    else stop.abort(byInterrupt);
  }, { once: true });
  if (timeoutMs !== undefined) {
    void context.clock.sleep(timeoutMs, ended.signal).then(() => {
      if (ended.signal.aborted) return;
      context.terminal.endSoon(new AppError("timed_out", "Timed out"));
      stop.abort(byTimeout);
    });
  }
  return {
    stop: stop.signal,
    leave: AbortSignal.any([leave.signal, interrupts.second]),
    late: late.signal,
    [Symbol.dispose](): void {
      ended.abort();
      interrupts[Symbol.dispose]();
    },
  };
}

/** The error for a stop before the request was sent. */
export function stoppedEarly(reason: unknown): AppError {
  return reason === "timed_out"
    ? new AppError("timed_out", "Timed out before anything was sent to the server")
    : new AppError("interrupted", "Interrupted before anything was sent to the server");
}

/** Says on a terminal that the stop was noticed, until it is disposed. */
export function announceStop({ stop }: Stopping, { display, context }: {
  readonly display: ProgressDisplay;
  readonly context: Pick<CommandContext, "messages" | "terminal">;
}): Disposable {
  const ended = new AbortController();
  const hint = context.terminal.isErrTerminal
    ? " (Ctrl-C now leaves at once, and the server may go on)"
    : "";
  stop.addEventListener("abort", () => {
    void display.clear().then(() => context.messages.note(`Stopping the server's work${hint}`));
  }, { once: true, signal: ended.signal });
  return { [Symbol.dispose]: () => ended.abort() };
}
