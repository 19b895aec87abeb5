/** When a command looks again, and what it keeps of earlier looks. A single look loads none of it. */
import { SETTLE_MS } from "../detection/backend_history.ts";
import type { Detection } from "../detection/detect.ts";
import { askedPauseMs } from "../detection/put_off.ts";
import type { DetectionReport } from "../detection/report.ts";
import { isSettling } from "../detection/unknown_reason.ts";
import type { CommandContext } from "./context.ts";
import type { Observer } from "./observer.ts";

/** Time between two looks unless --interval gives it, in milliseconds. */
export const INTERVAL_MS = 2_000;

/**
 * Time from start to start of looks while they settle, in milliseconds: less than `SETTLE_GAP_MS`, and
 * four of them are a bit more than `SETTLE_MS`, which is measured from the first look's answer.
 */
export const STEP_MS = 1_550;
/** The longest time for it after the first look, in milliseconds; a slow server takes more looks. */
const LIMIT_MS = SETTLE_MS + 4_000;

/**
 * Looks on after a first look, as `lookSettled()` says.
 *
 * @param by.startedMs When the first look began, on the monotonic clock.
 */
export async function settle(first: Detection, by: {
  readonly observer: Observer;
  readonly context: Pick<CommandContext, "clock" | "messages">;
  readonly startedMs: number;
  readonly isAssumed?: boolean;
  readonly signal?: AbortSignal;
}): Promise<Detection> {
  const { observer, context: { clock, messages }, isAssumed = false, signal } = by;
  let { startedMs } = by;
  const endMs = clock.monotonicMs() + LIMIT_MS;
  let last = first;
  while (isSettling(last.report, { isAssumed }) && clock.monotonicMs() < endMs) {
    if (last === first) {
      await messages.detail(
        "Looking again for 6 s: a backend says idle, but may still be working",
      );
    }
    // From start to start: the rest of a look may be slow, and there must be no gap.
    await clock.sleep(startedMs + STEP_MS - clock.monotonicMs(), signal);
    if (signal?.aborted) break;
    startedMs = clock.monotonicMs();
    last = await observer.look({ models: false });
  }
  return last === first ? first : { ...last, report: withModels(last.report, first.report) };
}

/**
 * The time until the next look of a watch, in milliseconds: while a backend is called `idle` there
 * must be no gap in which it could have worked unseen. Who asks for a pause gets it.
 */
export function watchIntervalMs(report: DetectionReport | null, intervalMs: number): number {
  const isSettling = report?.backends?.some(({ status }) => status === "idle") ?? false;
  const dueMs = isSettling ? Math.min(intervalMs, STEP_MS) : intervalMs;
  return report === null ? dueMs : Math.max(dueMs, askedPauseMs(report));
}

/** A report with the models of an earlier one, and what was told of them there. */
export function withModels(report: DetectionReport, earlier: DetectionReport): DetectionReport {
  const told = earlier.evidence.filter(({ source }) => source === "models");
  return { ...report, models: earlier.models, evidence: [...report.evidence, ...told] };
}
