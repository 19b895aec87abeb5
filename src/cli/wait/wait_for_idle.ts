/** What `wait` does: looks until the server is idle for long enough, online or busy. */
import type { DetectionReport } from "../../detection/report.ts";
import { beginWait } from "../../detection/state_wait.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import type { WaitEnd } from "../../render/wait_document.ts";
import { waitDocument } from "../../render/wait_document.ts";
import { waitText } from "../../render/wait_text.ts";
import type { WaitTextRules } from "../../render/wait_text.ts";
import type { Claiming, ClaimObstacle } from "../claims/claiming.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { INTERVAL_MS } from "../later_looks.ts";
import type { Observer } from "../observer.ts";
import { openObserver } from "../observer.ts";
import { reportResult } from "../report_result.ts";
import { openWatchObserver, untilDue } from "../watch/watch_observer.ts";
import type { WatchObserver } from "../watch/watch_observer.ts";
import { lookOnce } from "./look_once.ts";
import { WaitLog } from "./wait_log.ts";
import { waitProblem } from "./wait_problem.ts";
import {
  checkWaitOptions,
  lookForWait,
  startDeadline,
  untilNextLook,
  waitRules,
} from "./wait_rules.ts";
import type { Deadline, UnendedStep, WaitOptions } from "./wait_rules.ts";

/** How long a claim lasts unless it is said, in milliseconds. */
const CLAIM_FOR_MS = 3_600_000;

/** Waits, or looks once with `--once`; reports changes, and at the end why it ended. */
export async function waitForIdle(
  options: WaitOptions,
  context: CommandContext,
): Promise<ExitCode> {
  checkWaitOptions(options);
  const rules = waitRules(options);
  // One look needs no observers.
  await using watching = options.once ? null : await openWatchObserver(context);
  const observer = watching ?? await openObserver(context);
  const claiming = await openClaiming(options, { context, observer });
  const timeoutMs = options.timeout ?? Infinity;
  // This also limits the writing of the result.
  using deadline = startDeadline(timeoutMs, context);
  try {
    const end = watching === null
      ? await lookOnce(rules, { observer, context, claiming })
      : await keepLooking(options, { rules, observer: watching, context, deadline, claiming });
    if (end.claim === undefined) await claiming?.giveUp();
    const exitCode = await reportResult(context, {
      document: (error) => waitDocument(end, { rules, error, nowMs: context.clock.now() }),
      text: () => waitText(end, rules, context.clock.now()),
      problem: waitProblem(end, { rules, timeoutMs, isToldAbove: context.output.showsText }),
      asLine: !options.once,
      exitCodeAnswers: true,
    });
    if (!context.output.lacksValue) claiming?.handOver();
    return end.step.ended === "timed_out" ? options.timeoutExitCode ?? exitCode : exitCode;
  } finally {
    // Nobody was told the claim's ID: without this it would keep the server until its time is over.
    await claiming?.giveUp();
  }
}

/** What takes the claim; `null`: none is wanted. */
async function openClaiming(
  { claim, claimFor = CLAIM_FOR_MS }: WaitOptions,
  { context, observer }: { readonly context: CommandContext; readonly observer: Observer },
): Promise<Claiming | null> {
  if (claim === undefined) return null;
  const { Claiming } = await import("../claims/claiming.ts");
  const store = await context.adapters.claims(context.settings);
  return new Claiming({ name: claim, forMs: claimFor }, { store, context, observer });
}

async function keepLooking(options: WaitOptions, {
  rules,
  observer,
  context,
  deadline,
  claiming,
}: {
  readonly rules: WaitTextRules;
  readonly observer: WatchObserver;
  readonly context: CommandContext;
  readonly deadline: Deadline;
  readonly claiming: Claiming | null;
}): Promise<WaitEnd> {
  const { clock } = context;
  const { pushes } = observer;
  using interrupts = context.listenForInterrupts();
  const wait = beginWait(rules, null);
  const log = new WaitLog(context, rules);
  const startedMs = clock.monotonicMs();
  let last: { readonly step: UnendedStep; readonly report: DetectionReport } | null = null;
  let obstacle: ClaimObstacle | null = null;

  function endEarly(ended: "timed_out" | "interrupted"): WaitEnd {
    // Without any look there is nothing else to report.
    if (last === null) throw interrupts.first.reason;
    const { step: { quietMs }, report } = last;
    return {
      step: { ended, quietMs },
      report,
      waitedMs: clock.monotonicMs() - startedMs,
      ...obstacle !== null && "holder" in obstacle ? { holder: obstacle.holder } : {},
    };
  }

  /** Waits for another try to take the claim; `null`: there is time for it. */
  async function waitForClaim(
    found: ClaimObstacle,
    report: DetectionReport,
  ): Promise<WaitEnd | null> {
    obstacle = found;
    wait.restart();
    last = { step: { ended: null, quietMs: 0, isQuiet: false, wasBroken: false }, report };
    await claiming?.tell(found);
    const leftMs = deadline.leftMs();
    if (leftMs <= 0) return endEarly("timed_out");
    // Spread, so that not all who wait ask the server as soon as the claim is given back.
    const dueMs = (options.interval ?? INTERVAL_MS) * (0.5 + Math.random());
    await clock.sleep(Math.min(dueMs, leftMs), interrupts.first);
    if (interrupts.first.aborted) return endEarly("interrupted");
    return deadline.leftMs() <= 0 ? endEarly("timed_out") : null;
  }

  for (;;) {
    if (claiming !== null && last !== null) {
      const { report } = last;
      const wasHeld = obstacle !== null;
      obstacle = await claiming.obstacle(report);
      if (wasHeld && obstacle === null && rules.idleForMs === 0) {
        obstacle = await claiming.reserve(report);
      }
      if (obstacle !== null) {
        const ended = await waitForClaim(obstacle, report);
        if (ended !== null) return ended;
        continue;
      }
    }
    const askedAtMs = clock.monotonicMs();
    const until = AbortSignal.any([interrupts.first, deadline.signal]);
    const looking = lookForWait(rules, { observer, context, signal: until });
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
    if (step.ended === "idle" && claiming !== null) {
      const attempt = await claiming.take(report);
      if ("claim" in attempt) return { step, report, waitedMs, claim: attempt.claim };
      const ended = await waitForClaim(attempt, report);
      if (ended !== null) return ended;
      continue;
    }
    await claiming?.giveUp();
    if (step.ended !== null) return { step, report, waitedMs };
    last = { step, report };
    const leftMs = deadline.leftMs();
    if (leftMs <= 0) return endEarly("timed_out");
    await untilDue(report, {
      dueMs: (isObserved) =>
        Math.min(
          leftMs,
          untilNextLook(report, {
            quiet: step,
            intervalMs: options.interval,
            idleForMs: rules.idleForMs,
            isObserved,
          }),
        ),
      sleep: (delayMs, signal) => log.sleep(delayMs, { report, step, signal }),
      pushes,
      clock,
      signal: interrupts.first,
    });
    if (interrupts.first.aborted) return endEarly("interrupted");
  }
}
