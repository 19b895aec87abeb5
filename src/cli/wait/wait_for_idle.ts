/** What `wait` does: looks until the server has been idle for long enough. */
import { UsageError } from "../../errors.ts";
import { IdleWait } from "../../detection/idle_wait.ts";
import type { IdleWaitOptions, WaitStep } from "../../detection/idle_wait.ts";
import type { DetectionReport } from "../../detection/report.ts";
import type { WaitKey } from "../../detection/wait_store.ts";
import type { WaitOptions } from "../commands/wait.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { openObserver } from "../observer.ts";
import type { Observer } from "../observer.ts";
import { WaitLog } from "./wait_log.ts";
import { writeWaitResult } from "./wait_result.ts";
import type { WaitEnd } from "./wait_result.ts";

const INTERVAL_MS = 2_000;
/** By how much of itself the interval varies, so that many waiters do not ask in step. */
const JITTER = 0.1;

/** Waits, or looks once with `--once`; tells changes, and at the end why it ended. */
export async function waitForIdle(
  options: WaitOptions,
  context: CommandContext,
): Promise<ExitCode> {
  checkOptions(options);
  const observer = await openObserver(context);
  const end = options.once
    ? await lookOnce(options, { observer, context })
    : await keepLooking(options, { observer, context });
  return await writeWaitResult(end, { options, context });
}

function checkOptions(options: WaitOptions): void {
  if (options.once && (options.timeout ?? options.interval) !== undefined) {
    throw new UsageError("Cannot use --once with --timeout or --interval: it looks only once");
  }
  if (options.timeoutExitCode !== undefined && options.timeout === undefined) {
    throw new UsageError("Cannot use --timeout-exit-code without --timeout");
  }
}

function rulesOf(options: WaitOptions): IdleWaitOptions {
  return {
    idleForMs: options.idleFor ?? 0,
    trustAges: options.trustAges ?? false,
    assume: options.assume ?? null,
  };
}

interface With {
  readonly observer: Observer;
  readonly context: CommandContext;
}

async function keepLooking(options: WaitOptions, { observer, context }: With): Promise<WaitEnd> {
  const { clock } = context;
  using interrupts = context.listenForInterrupts();
  const wait = new IdleWait(rulesOf(options), null);
  const log = new WaitLog(context);
  const startedMs = clock.monotonicMs();
  const endMs = startedMs + (options.timeout ?? Infinity);
  for (;;) {
    const askedAtMs = clock.monotonicMs();
    const detection = await observer.look({ models: false });
    const step = wait.take(detection.report, { askedAtMs, answeredAtMs: clock.monotonicMs() });
    const waitedMs = clock.monotonicMs() - startedMs;
    await log.tell(detection.report, step);
    await observer.prune(detection);
    const { report } = detection;
    if (step.ended !== null) return { step, report, waitedMs };
    const intervalMs = varied(options.interval ?? INTERVAL_MS);
    const leftMs = endMs - clock.monotonicMs();
    if (leftMs <= 0) {
      return { step: { ended: "timed_out", quietMs: step.quietMs }, report, waitedMs };
    }
    // A window that will be long enough before the next look is due is looked at just then.
    const untilQuietMs = step.isQuiet ? (options.idleFor ?? 0) - step.quietMs : Infinity;
    await clock.sleep(Math.min(intervalMs, leftMs, Math.max(untilQuietMs, 1)), interrupts.first);
    if (interrupts.first.aborted) {
      return { step: { ended: "interrupted", quietMs: step.quietMs }, report, waitedMs };
    }
  }
}

async function lookOnce(options: WaitOptions, { observer, context }: With): Promise<WaitEnd> {
  const { clock, adapters } = context;
  const rules = rulesOf(options);
  // Without a window there is nothing to keep, and no permission to keep it is needed.
  const keeps = rules.idleForMs > 0 || rules.assume === "likely";
  const store = keeps ? await adapters.waitStore() : null;
  const key: WaitKey = {
    serverUrl: observer.serverUrl,
    rules: `${rules.assume ?? "known"}${rules.trustAges ? "-ages" : ""}`,
  };
  const wait = new IdleWait(rules, await store?.load(key) ?? null);
  const askedAtMs = clock.now();
  const detection = await observer.look({ models: false });
  const step = wait.take(detection.report, { askedAtMs, answeredAtMs: clock.now() });
  await store?.save(key, wait.memory);
  await observer.prune(detection);
  return { step: endOnce(step, detection.report), report: detection.report, waitedMs: 0 };
}

/** A single look is an end in any case. */
function endOnce(step: WaitStep, report: DetectionReport): WaitEnd["step"] {
  if (step.ended !== null) return step;
  switch (report.verdict) {
    case "unreachable":
      return { ended: "unreachable" };
    case "unknown":
      return step.isQuiet ? { ended: "not_yet", quietMs: step.quietMs } : { ended: "unknown" };
    default:
      return { ended: "not_yet", quietMs: step.quietMs };
  }
}

function varied(intervalMs: number): number {
  return intervalMs * (1 + JITTER * (2 * Math.random() - 1));
}
