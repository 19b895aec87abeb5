/** Counts what happens while `serve` runs, for its metrics. */
import type { EventFeed, FeedEvent } from "../detection/event_feed.ts";
import type { Clock } from "../generation/clock.ts";
import type { SeenEnd } from "../render/status/active_document.ts";
import { metricsText } from "../render/metrics_text.ts";
import type { MetricOutcome } from "../render/metrics_text.ts";
import type { EventHub } from "./event_hub.ts";
import type { ServedServer } from "./documents.ts";

/** The greatest number of ends that are remembered of each server. */
const MAX_ENDS = 20;

/** What happened on one server. */
class ServerTally {
  readonly ended: Record<MetricOutcome, number> = {
    finished: 0,
    failed: 0,
    cancelled: 0,
    unknown: 0,
  };
  started = 0;
  ends: readonly SeenEnd[] = [];
}

/** Counts the generations that started and ended on each server. */
export class Tally implements Disposable {
  readonly #listening: Disposable;
  /** By the server's name. */
  readonly #servers = new Map<string | null, ServerTally>();

  constructor(feed: EventFeed, clock: Clock) {
    this.#listening = feed.listen((events) => {
      for (const event of events) this.#count(event, clock.now());
    });
  }

  /** The generations that ended last on a server, the newest first. */
  ends(server: string | null): readonly SeenEnd[] {
    return this.#of(server).ends;
  }

  /** The metrics as text. */
  metrics({ servers, hub, version }: {
    readonly servers: readonly ServedServer[];
    readonly hub: EventHub;
    readonly version: string;
  }): string {
    return metricsText({
      version,
      servers: servers.map(({ name, look }) => ({
        server: name,
        report: look.newest?.report ?? null,
        answeredAtMs: look.answeredAtMs,
        looks: look.count,
        started: this.#of(name).started,
        ended: this.#of(name).ended,
      })),
      watchers: hub.watcherCount,
      watchersDropped: hub.droppedCount,
    });
  }

  #count(event: FeedEvent, nowMs: number): void {
    const tally = this.#of(event.server ?? null);
    if (event.kind === "generation.started") tally.started += event.wasRunning ? 0 : 1;
    else if ("outcome" in event) {
      const { generation, outcome } = event;
      tally.ended[outcome ?? "unknown"]++;
      tally.ends = [{ generation, outcome, atMs: nowMs }, ...tally.ends].slice(0, MAX_ENDS);
    }
  }

  #of(server: string | null): ServerTally {
    const known = this.#servers.get(server) ?? new ServerTally();
    this.#servers.set(server, known);
    return known;
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}
