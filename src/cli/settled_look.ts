/** A look that does not stop at a backend which SwarmUI calls `idle` for a moment only. */
import { SETTLE_MS } from "../detection/backend_history.ts";
import type { Detection } from "../detection/detect.ts";
import type { DetectionReport } from "../detection/report.ts";
import { isSettling } from "../detection/unknown_reason.ts";
import type { CommandContext } from "./context.ts";
import type { Observer } from "./observer.ts";

/**
 * Time from start to start of looks while they settle, in milliseconds: less than `SETTLE_GAP_MS`, and
 * four of them are a bit more than `SETTLE_MS`, which is measured from the first look's answer.
 */
export const STEP_MS = 1_550;
/** The longest time for it after the first look, in milliseconds; a slow server takes more looks. */
const LIMIT_MS = SETTLE_MS + 4_000;

/**
 * Looks, and where nothing but a backend that is called `idle` keeps the answer from us, looks on
 * for the 6 s that settle it.
 *
 * @param options.models Whether the models are counted too, by the first look alone.
 * @param options.isAssumed Whether the answer is wanted too where nobody here may read the counters.
 * @param options.signal Ends it with the last look that was had.
 */
export async function lookSettled(
  { observer, context }: { readonly observer: Observer; readonly context: CommandContext },
  options: {
    readonly models: boolean;
    readonly isAssumed?: boolean;
    readonly signal?: AbortSignal;
  },
): Promise<Detection> {
  const { clock, messages } = context;
  const isAssumed = options.isAssumed ?? false;
  let startedMs = clock.monotonicMs();
  const first = await observer.look({ models: options.models });
  const endMs = clock.monotonicMs() + LIMIT_MS;
  let last = first;
  while (isSettling(last.report, { isAssumed }) && clock.monotonicMs() < endMs) {
    if (last === first) {
      await messages.detail(
        "Looking on for 6 s: a backend is called idle, maybe for a moment only",
      );
    }
    // From start to start: the rest of a look may be slow, and there must be no gap.
    await clock.sleep(startedMs + STEP_MS - clock.monotonicMs(), options.signal);
    if (options.signal?.aborted) break;
    startedMs = clock.monotonicMs();
    last = await observer.look({ models: false });
  }
  return last === first ? first : { ...last, report: withModels(last.report, first.report) };
}

/**
 * The time until the next look of a watch, in milliseconds: while a backend is called `idle` there
 * must be no gap in which it could have worked unseen.
 */
export function watchIntervalMs(report: DetectionReport | null, intervalMs: number): number {
  const isSettling = report?.backends?.some(({ status }) => status === "idle") ?? false;
  return isSettling ? Math.min(intervalMs, STEP_MS) : intervalMs;
}

/** A report with the models of an earlier one, and what was told of them there. */
export function withModels(report: DetectionReport, earlier: DetectionReport): DetectionReport {
  const told = earlier.evidence.filter(({ source }) => source === "models");
  return { ...report, models: earlier.models, evidence: [...report.evidence, ...told] };
}
