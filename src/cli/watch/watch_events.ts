/** Runs `events`: prints what happens as lines of JSON, until Ctrl-C. */
import type { DetectionEvent } from "../../detection/generation_events.ts";
import { EventSource } from "../../detection/generation_events.ts";
import type { Detection } from "../../detection/detect.ts";
import type { DetectionReport } from "../../detection/report.ts";
import type { Clock } from "../../generation/clock.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import type { EndLog } from "../../generation/records/end_log.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { eventDocument } from "../../render/event_document.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { statusProblem } from "../status_problem.ts";
import { scheduleLooks } from "./look_schedule.ts";
import { nextLookMs, openWatchObserver } from "./watch_observer.ts";
import type { WatchObserver } from "./watch_observer.ts";

/**
 * Watches the records and asks the server.
 *
 * @param options.intervalMs Longest time between two questions to the server, in milliseconds;
 * `undefined`: see `nextLookMs()`.
 */
export async function watchEvents(
  options: { readonly intervalMs: number | undefined },
  context: CommandContext,
): Promise<ExitCode> {
  const { output, messages, clock, adapters, settings } = context;
  const [opened, ends] = await Promise.all([
    openWatchObserver(context),
    adapters.endLog(settings),
  ]);
  await using observer = opened;
  using interrupts = context.listenForInterrupts();
  await followEvents({
    ...options,
    observer,
    ends,
    clock,
    signal: interrupts.first,
    isOwn: () => true,
    look: () => observer.look({ models: false }),
    warn: (message) => messages.warning(message),
    tell: async (events) => {
      for (const event of events) {
        // A path that this event lacks may be right for another kind of event.
        await output.writeNext(eventDocument(event, clock.now()));
      }
    },
  });
  return EXIT.interrupted;
}

/** How the events of one server are found, and who is told. */
export interface FollowEvents {
  readonly observer: WatchObserver;
  readonly ends: EndLog | null;
  readonly clock: Clock;
  /** As in `watchEvents()`. */
  readonly intervalMs: number | undefined;
  readonly signal: AbortSignal;
  /** Whether a record may be of this server; changes of others ask it nothing. */
  readonly isOwn: (record: GenerationRecord) => boolean;
  readonly look: () => Promise<Detection>;
  readonly tell: (events: readonly DetectionEvent[], report: DetectionReport) => Promise<void>;
  /** Is told why the server is not there, whenever that is another reason. */
  readonly warn: (message: string) => Promise<void>;
}

/** Tells the events of one server until the signal ends it. */
export async function followEvents(by: FollowEvents): Promise<void> {
  const { observer, ends, clock, signal, intervalMs } = by;
  const { stores, pushes } = observer;
  const source = new EventSource((id) => ends?.find(id) ?? Promise.resolve(null));
  let last: DetectionReport | null = null;
  let complaint: string | null = null;
  const looks = scheduleLooks({
    stores,
    pushes,
    clock,
    intervalMs: () => nextLookMs(last, { pushes, intervalMs, awaitsEnd: source.awaitsEnd }),
    signal,
  });
  for await (const reason of looks) {
    if (reason === "records" && last !== null) {
      // Progress alone is read from the records; anything else is worth asking the server.
      const { seen } = await observer.records();
      const moved = source.progress(seen.map(({ record }) => record).filter(by.isOwn));
      if (moved !== null) {
        await by.tell(moved, last);
        continue;
      }
    }
    const detection = await untilAborted(by.look(), signal);
    if (signal.aborted || detection === null) return;
    last = detection.report;
    await by.tell(await source.look(last), last);
    // It goes on, because the server may come back. The reason is reported once.
    const found = statusProblem(last)?.message ?? null;
    if (found !== null && found !== complaint) await by.warn(found);
    complaint = found;
    await observer.prune(detection);
  }
}
