/** Runs `events`: prints what happens as lines of JSON, until Ctrl-C. */
import type { DetectionEvent } from "../../detection/generation_events.ts";
import { EventSource } from "../../detection/generation_events.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { eventDocument } from "../../render/event_document.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { openObserver, watchIntervalMs } from "../observer.ts";
import { statusProblem } from "../status_problem.ts";
import { scheduleLooks } from "./look_schedule.ts";

/**
 * Watches the records and asks the server.
 *
 * @param options.intervalMs Longest time between two questions to the server, in milliseconds.
 */
export async function watchEvents(
  options: { readonly intervalMs: number },
  context: CommandContext,
): Promise<ExitCode> {
  const { output, messages, clock, adapters, settings } = context;
  const [observer, ends] = await Promise.all([openObserver(context), adapters.endLog(settings)]);
  using interrupts = context.listenForInterrupts();
  const source = new EventSource((id) => ends?.find(id) ?? Promise.resolve(null));

  async function tell(events: readonly DetectionEvent[]): Promise<void> {
    for (const event of events) {
      // A path that this event lacks may be right for another kind of event.
      await output.writeNext(eventDocument(event, clock.now()));
    }
  }

  let last: DetectionReport | null = null;
  let complaint: string | null = null;
  const looks = scheduleLooks({
    stores: observer.stores,
    clock,
    intervalMs: () => watchIntervalMs(last, options.intervalMs),
    signal: interrupts.first,
  });
  for await (const reason of looks) {
    if (reason === "records") {
      // Progress alone is read from the records; anything else is worth asking the server.
      const { seen } = await observer.records();
      const moved = source.progress(seen.map(({ record }) => record));
      if (moved !== null) {
        await tell(moved);
        continue;
      }
    }
    const detection = await untilAborted(observer.look({ models: false }), interrupts.first);
    if (interrupts.first.aborted || detection === null) break;
    last = detection.report;
    await tell(await source.look(last));
    // It goes on, because the server may come back. The reason is reported once.
    const found = statusProblem(last)?.message ?? null;
    if (found !== null && found !== complaint) await messages.warning(found);
    complaint = found;
    await observer.prune(detection);
  }
  return EXIT.interrupted;
}
