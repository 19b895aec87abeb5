/**
 * Looking again and again, with ComfyUI's own reports in between. Loaded only by commands that look
 * for longer than once.
 */
import { QueuePushes } from "../../detection/queue_pushes.ts";
import type { DetectionReport } from "../../detection/report.ts";
import type { Clock } from "../../generation/clock.ts";
import type { CommandContext } from "../context.ts";
import type { Observer } from "../observer.ts";
import { INTERVAL_MS, watchIntervalMs } from "../later_looks.ts";
import { openObserver } from "../observer.ts";
import { QUEUES_GAP_MS } from "./look_schedule.ts";

/**
 * Time between two looks at an idle server whose queues are all observed, unless --interval gives it,
 * in milliseconds. What no queue tells,
 * such as a backend that was added, is known after this time.
 */
const OBSERVED_MS = 10_000;
/** Time between two looks while the end of a generation is waited for, in milliseconds. */
const AWAITED_MS = 1_000;

/** An observer that is told of work between its looks. */
export interface WatchObserver extends Observer, AsyncDisposable {
  readonly pushes: QueuePushes;
}

/** Opens it. The first look begins to observe the queues; without the right for it nothing is told. */
export async function openWatchObserver(context: CommandContext): Promise<WatchObserver> {
  const { adapters, settings, clock } = context;
  const pushes = new QueuePushes({ observer: await adapters.queueObserver(settings), clock });
  return {
    ...await openObserver(context, pushes),
    pushes,
    [Symbol.asyncDispose]: () => pushes[Symbol.asyncDispose](),
  };
}

/**
 * Sleeps until a look is due or something is told, but for a moment at least. Connections that open
 * meanwhile make it later.
 *
 * @param about.dueMs When it is due, in milliseconds from now, whether all that could work is observed
 * or not.
 * @param about.sleep Sleeps so long, or until the signal is aborted.
 */
export async function untilDue(report: DetectionReport, about: {
  readonly dueMs: (isObserved: boolean) => number;
  readonly sleep: (delayMs: number, signal: AbortSignal) => Promise<void>;
  readonly pushes: QueuePushes;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { dueMs, sleep, pushes, clock, signal } = about;
  const startedMs = clock.monotonicMs();
  const until = AbortSignal.any([signal, pushes.news]);
  const isObserved = pushes.covers(report);
  await sleep(dueMs(isObserved), until);
  if (!isObserved && !until.aborted && pushes.covers(report)) {
    await sleep(startedMs + dueMs(true) - clock.monotonicMs(), until);
  }
  if (pushes.news.aborted) {
    await clock.sleep(startedMs + QUEUES_GAP_MS - clock.monotonicMs(), signal);
  }
  pushes.takeNews();
}

/**
 * The time until the next look of a watch, in milliseconds.
 *
 * @param about.intervalMs As the user wants it; `undefined`: looks are rare while all that could work
 * is observed and idle.
 * @param about.awaitsEnd See `EventSource.awaitsEnd`.
 */
export function nextLookMs(report: DetectionReport | null, about: {
  readonly pushes: QueuePushes;
  readonly intervalMs: number | undefined;
  readonly awaitsEnd?: boolean;
}): number {
  const { pushes, awaitsEnd = false } = about;
  const intervalMs = awaitsEnd
    ? Math.min(AWAITED_MS, about.intervalMs ?? AWAITED_MS)
    : about.intervalMs;
  const isObserved = report !== null && report.verdict === "idle" && pushes.covers(report);
  return watchIntervalMs(report, intervalMs ?? (isObserved ? OBSERVED_MS : INTERVAL_MS));
}
