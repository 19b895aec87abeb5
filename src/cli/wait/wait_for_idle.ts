/** Runs `wait`: looks until the server has been idle for long enough. */
import type { Assumption, WaitStep } from "../../detection/idle_wait.ts";
import { IdleWait } from "../../detection/idle_wait.ts";
import { askedPauseMs } from "../../detection/put_off.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { AppError, UsageError } from "../../errors.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import type { WaitEnd } from "../../render/wait_document.ts";
import { waitDocument } from "../../render/wait_document.ts";
import { waitText } from "../../render/wait_text.ts";
import type { WaitTextRules } from "../../render/wait_text.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import type { Observer } from "../observer.ts";
import { lookSettled, openObserver, watchIntervalMs } from "../observer.ts";
import { reportResult } from "../report_result.ts";
import { writeDuration } from "../values.ts";
import { lookOnce } from "./look_once.ts";
import { WaitLog } from "./wait_log.ts";
import { waitProblem } from "./wait_problem.ts";

const INTERVAL_MS = 2_000;
/**
 * The fraction by which the interval varies, so that many waiting processes do not ask at the same
 * moment.
 */
const JITTER = 0.1;

/** The options of `wait`; durations in milliseconds. */
export interface WaitOptions extends GlobalOptions {
  readonly idleFor: number | undefined;
  readonly timeout: number | undefined;
  readonly timeoutExitCode: number | undefined;
  readonly interval: number | undefined;
  readonly assume: Assumption | undefined;
  readonly trustAges: boolean | undefined;
  readonly requireExact: boolean | undefined;
  readonly once: boolean | undefined;
}

/** Waits, or looks once with `--once`; reports changes, and at the end why it ended. */
export async function waitForIdle(
  options: WaitOptions,
  context: CommandContext,
): Promise<ExitCode> {
  checkOptions(options);
  const rules: WaitTextRules = {
    idleForMs: options.idleFor ?? 0,
    idleFor: writeDuration(options.idleFor ?? 0),
    trustAges: options.trustAges ?? false,
    assume: options.assume ?? null,
    requireExact: options.requireExact ?? false,
  };
  const observer = await openObserver(context);
  const timeoutMs = options.timeout ?? Infinity;
  // This also limits the writing of the result.
  using deadline = startDeadline(timeoutMs, context);
  const end = options.once
    ? await lookOnce(rules, { observer, context })
    : await keepLooking(options, { rules, observer, context, deadline });
  const exitCode = await reportResult(context, {
    document: (error) => waitDocument(end, { rules, error }),
    text: () => waitText(end, rules),
    problem: waitProblem(end, { rules, timeoutMs, isToldAbove: context.output.showsText }),
    asLine: !options.once,
    exitCodeAnswers: true,
  });
  return end.step.ended === "timed_out" ? options.timeoutExitCode ?? exitCode : exitCode;
}

function checkOptions(options: WaitOptions): void {
  if (options.once && (options.timeout ?? options.interval) !== undefined) {
    throw new UsageError("Cannot use --once with --timeout or --interval: it looks only once");
  }
  if (options.requireExact && options.assume !== undefined) {
    throw new UsageError("Cannot use --require-exact with --assume: it takes nothing for granted");
  }
  if (options.timeoutExitCode !== undefined && options.timeout === undefined) {
    throw new UsageError("Cannot use --timeout-exit-code without --timeout");
  }
}

async function keepLooking(options: WaitOptions, { rules, observer, context, deadline }: {
  readonly rules: WaitTextRules;
  readonly observer: Observer;
  readonly context: CommandContext;
  readonly deadline: Deadline;
}): Promise<WaitEnd> {
  const { clock } = context;
  using interrupts = context.listenForInterrupts();
  const wait = new IdleWait(rules, null);
  const log = new WaitLog(context, rules);
  const startedMs = clock.monotonicMs();
  let last: { readonly step: UnendedStep; readonly report: DetectionReport } | null = null;

  function endEarly(ended: "timed_out" | "interrupted"): WaitEnd {
    // Without any look there is nothing else to report.
    if (last === null) throw interrupts.first.reason;
    const { step: { quietMs }, report } = last;
    return { step: { ended, quietMs }, report, waitedMs: clock.monotonicMs() - startedMs };
  }

  for (;;) {
    const askedAtMs = clock.monotonicMs();
    const looking = lookSettled({ observer, context }, {
      models: false,
      isAssumed: rules.assume !== null,
      signal: AbortSignal.any([interrupts.first, deadline.signal]),
    });
    // The deadline ends neither the first look nor one that begins when the time is already up.
    const signals: AbortSignal[] = [interrupts.first];
    if (last !== null && deadline.leftMs() > 0) signals.push(deadline.signal);
    const detection = await untilAborted(looking, AbortSignal.any(signals));
    if (interrupts.first.aborted) return endEarly("interrupted");
    if (detection === null) return endEarly("timed_out");
    const { report } = detection;
    const step = wait.take(report, { askedAtMs, answeredAtMs: clock.monotonicMs() });
    const waitedMs = clock.monotonicMs() - startedMs;
    await log.tell(report, step, { isLast: deadline.leftMs() <= 0 });
    await observer.prune(detection);
    if (step.ended !== null) return { step, report, waitedMs };
    last = { step, report };
    const leftMs = deadline.leftMs();
    if (leftMs <= 0) return endEarly("timed_out");
    // If the quiet will be long enough before the next look is due, look at that moment instead.
    const untilQuietMs = step.isQuiet ? rules.idleForMs - step.quietMs : Infinity;
    const intervalMs = varied(options.interval ?? watchIntervalMs(report, INTERVAL_MS));
    const dueMs = Math.max(Math.min(intervalMs, Math.max(untilQuietMs, 1)), askedPauseMs(report));
    await log.sleep(Math.min(dueMs, leftMs), { report, step, signal: interrupts.first });
    if (interrupts.first.aborted) return endEarly("interrupted");
  }
}

type UnendedStep = Extract<WaitStep, { readonly ended: null }>;

interface Deadline extends Disposable {
  /** Aborted when the time has come. */
  readonly signal: AbortSignal;
  /** Milliseconds until then; `Infinity` if it never comes. */
  leftMs(): number;
}

function startDeadline(
  timeoutMs: number,
  { clock, terminal }: Pick<CommandContext, "clock" | "terminal">,
): Deadline {
  const endMs = clock.monotonicMs() + timeoutMs;
  const [deadline, disposed] = [new AbortController(), new AbortController()];
  if (timeoutMs > 0 && timeoutMs !== Infinity) {
    void clock.sleep(timeoutMs, disposed.signal).then(() => {
      if (disposed.signal.aborted) return;
      terminal.endSoon(new AppError("timed_out", "Timed out"));
      deadline.abort();
    });
  }
  return {
    signal: deadline.signal,
    leftMs: () => endMs - clock.monotonicMs(),
    [Symbol.dispose]: () => disposed.abort(),
  };
}

function varied(intervalMs: number): number {
  return Math.round(intervalMs * (1 + JITTER * (2 * Math.random() - 1)));
}
