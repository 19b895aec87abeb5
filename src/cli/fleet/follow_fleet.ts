/** Looks at many servers at regular intervals, each independently of the others. */
import type { Detection } from "../../detection/detect.ts";
import type { RecordsReading } from "../../detection/records_tier.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { isOfServer } from "../../generation/server/server_url.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { withModels } from "../later_looks.ts";
import type { Observer } from "../observer.ts";
import { scheduleLooks } from "../watch/look_schedule.ts";
import { nextLookMs, openWatchObserver } from "../watch/watch_observer.ts";
import { AT_ONCE } from "./fleet_contexts.ts";
import type { FleetMember } from "./fleet_contexts.ts";
import { runLoops, Turns } from "./turns.ts";

/** How the servers are looked at, and what is called with the results. */
export interface FollowOptions {
  /**
   * Time between two looks at a server, in milliseconds; a change of its records or queues causes a
   * look sooner. `undefined`: see `nextLookMs()`.
   */
  readonly intervalMs: number | undefined;
  /** Whether the models are counted too, once in each interval. */
  readonly models: boolean;
  /** Whether the details are left out even if `--verbose` was given. */
  readonly isQuiet: boolean;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Called with each look; the next look at that server comes only after it has returned. */
  readonly take: (name: string, report: DetectionReport) => void;
}

/**
 * Looks at all servers until the signal is aborted, 64 at the same time. No server waits for
 * another one.
 *
 * @throws The first error of any look; then all end.
 */
export async function followFleet(
  members: readonly FleetMember[],
  options: FollowOptions,
): Promise<void> {
  const turns = new Turns(AT_ONCE);
  await runLoops(members, options.signal, async (member, signal) => {
    await followOne(member, { ...options, signal, turns });
  });
}

async function followOne(
  member: FleetMember,
  options: FollowOptions & { readonly turns: Turns },
): Promise<void> {
  const { signal, intervalMs, isQuiet, turns, take } = options;
  const context = await untilAborted(member.context, signal);
  if (context === null) return;
  await using observer = await openWatchObserver(context);
  const { stores, pushes } = observer;
  const records = new OwnRecords(observer);
  let last: DetectionReport | null = null;
  const looks = scheduleLooks({
    stores,
    pushes,
    clock: context.clock,
    intervalMs: () => nextLookMs(last, { pushes, intervalMs }),
    signal,
  });
  for await (const reason of looks) {
    if (reason === "records" && !await records.haveChanged()) continue;
    const models: boolean = options.models && (last === null || reason === "interval");
    const looking = turns.take((): Promise<Detection> => observer.look({ models, isQuiet }));
    const detection = await untilAborted(looking, signal);
    if (detection === null || signal.aborted) return;
    last = models || last === null ? detection.report : withModels(detection.report, last);
    records.keep(last);
    take(member.name, last);
    await observer.prune(detection);
  }
}

/** Watches the records of one server; changes of other servers' records are ignored. */
class OwnRecords {
  readonly #observer: Observer;
  #seen = "";

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  async haveChanged(): Promise<boolean> {
    return this.#keyOf(await this.#observer.records()) !== this.#seen;
  }

  keep({ active, uncertain }: DetectionReport): void {
    this.#seen = keyOf([...active, ...uncertain]);
  }

  #keyOf({ seen }: RecordsReading): string {
    const { serverUrl } = this.#observer;
    return keyOf(seen.filter(({ record }) => isOfServer(record, { serverUrl, serverId: null })));
  }
}

function keyOf(seen: readonly Pick<RecordsReading["seen"][number], "record">[]): string {
  return JSON.stringify(
    seen.map(({ record: { id, status, progress, imagesDone } }) => [
      ...[id, status, progress, imagesDone],
    ]).sort(),
  );
}
