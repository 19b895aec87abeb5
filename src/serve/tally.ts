/** Counts what happens while `serve` runs, for its metrics. */
import type { EventFeed } from "../detection/event_feed.ts";
import type { SharedLook } from "../detection/shared_look.ts";
import type { Clock } from "../generation/clock.ts";
import type { SeenEnd } from "../render/active_document.ts";
import { metricsText } from "../render/metrics_text.ts";
import type { MetricOutcome } from "../render/metrics_text.ts";
import type { EventHub } from "./event_hub.ts";

/** The greatest number of ends that are remembered. */
const MAX_ENDS = 20;

/** Counts the generations that started and ended. */
export class Tally implements Disposable {
  readonly #listening: Disposable;
  readonly #ended: Record<MetricOutcome, number> = {
    finished: 0,
    failed: 0,
    cancelled: 0,
    unknown: 0,
  };
  #started = 0;
  #ends: readonly SeenEnd[] = [];

  constructor(feed: EventFeed, clock: Clock) {
    this.#listening = feed.listen((event) => {
      if (event.kind === "generation.started") this.#started += event.wasRunning ? 0 : 1;
      else if ("outcome" in event) {
        const { generation, outcome } = event;
        this.#ended[outcome ?? "unknown"]++;
        this.#ends = [{ generation, outcome, atMs: clock.now() }, ...this.#ends].slice(0, MAX_ENDS);
      }
    });
  }

  /** The generations that ended last, the newest first. */
  get ends(): readonly SeenEnd[] {
    return this.#ends;
  }

  /** The metrics as text. */
  metrics({ look, hub, version }: {
    readonly look: SharedLook;
    readonly hub: EventHub;
    readonly version: string;
  }): string {
    return metricsText({
      version,
      report: look.newest?.report ?? null,
      answeredAtMs: look.answeredAtMs,
      looks: look.count,
      started: this.#started,
      ended: this.#ended,
      watchers: hub.watcherCount,
      watchersDropped: hub.droppedCount,
    });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}
