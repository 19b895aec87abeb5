/** Counts what happens while `serve` runs, for its metrics. */
import type { EventFeed } from "../detection/event_feed.ts";
import type { SharedLook } from "../detection/shared_look.ts";
import { metricsText } from "../render/metrics_text.ts";
import type { MetricOutcome } from "../render/metrics_text.ts";
import type { EventHub } from "./event_hub.ts";

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

  constructor(feed: EventFeed) {
    this.#listening = feed.listen((event) => {
      if (event.kind === "generation.started") this.#started += event.wasRunning ? 0 : 1;
      else if ("outcome" in event) this.#ended[event.outcome ?? "unknown"]++;
    });
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
