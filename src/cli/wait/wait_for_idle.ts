/** What `wait` does: looks until the server has been idle for long enough. */
import { IdleWait } from "../../detection/idle_wait.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import type { WaitEnd } from "../../render/wait_document.ts";
import { waitDocument } from "../../render/wait_document.ts";
import { waitText } from "../../render/wait_text.ts";
import type { WaitTextRules } from "../../render/wait_text.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import type { Observer } from "../observer.ts";
import { lookSettled, openObserver } from "../observer.ts";
import { reportResult } from "../report_result.ts";
import { lookOnce } from "./look_once.ts";
import { WaitLog } from "./wait_log.ts";
import { waitProblem } from "./wait_problem.ts";
import { checkWaitOptions, startDeadline, untilNextLook, waitRules } from "./wait_rules.ts";
import type { Deadline, UnendedStep, WaitOptions } from "./wait_rules.ts";

/** Waits, or looks once with `--once`; reports changes, and at the end why it ended. */
export async function waitForIdle(
  options: WaitOptions,
  context: CommandContext,
): Promise<ExitCode> {
  checkWaitOptions(options);
  const rules = waitRules(options);
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
    const dueMs = untilNextLook(report, {
      quiet: step,
      intervalMs: options.interval,
      idleForMs: rules.idleForMs,
    });
    await log.sleep(Math.min(dueMs, leftMs), { report, step, signal: interrupts.first });
    if (interrupts.first.aborted) return endEarly("interrupted");
  }
}
