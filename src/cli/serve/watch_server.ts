/** Looks at one server for `serve`, again and again, and tells what happens there. */
import type { EventFeed, FeedEvent } from "../../detection/event_feed.ts";
import type { DetectionEvent } from "../../detection/generation_events.ts";
import { EventSource } from "../../detection/generation_events.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { SharedLook } from "../../detection/shared_look.ts";
import type { SeenReport } from "../../detection/shared_look.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import { isOfServer } from "../../generation/server/server_url.ts";
import type { EndLog } from "../../generation/records/end_log.ts";
import { untilAborted } from "../../generation/until_aborted.ts";
import { claimsOn } from "../claims/claims_on.ts";
import type { CommandContext } from "../context.ts";
import { documentError } from "../exit.ts";
import type { Tellers } from "../fleet/tellers.ts";
import { INTERVAL_MS, watchIntervalMs, withModels } from "../later_looks.ts";
import { readClaims } from "../observer.ts";
import { statusProblem } from "../status_problem.ts";
import { scheduleLooks } from "../watch/look_schedule.ts";
import { nextLookMs, openWatchObserver } from "../watch/watch_observer.ts";
import type { WatchObserver } from "../watch/watch_observer.ts";

/**
 * How much older than the interval an answer may be if the request does not ask for a newer one, in
 * milliseconds.
 */
const SLACK_MS = 500;
/** How often the models are counted, in milliseconds: the answer is large and seldom changes. */
const MODELS_MS = 60_000;

/** What a watch of one server needs. */
export interface ServerWatchParts {
  /** Its name in the configuration file; `null`: it is the only one. */
  readonly name: string | null;
  /** Of this server. */
  readonly context: CommandContext;
  /** As the user wants it; `undefined`: see `nextLookMs()`. */
  readonly intervalMs: number | undefined;
  readonly ends: EndLog | null;
  /** Is told what happens. */
  readonly feed: EventFeed;
  /** Decides which server tells of a generation. */
  readonly tellers: Tellers;
}

/** A server that is looked at until this is disposed of. */
export class ServerWatch implements AsyncDisposable {
  readonly name: string | null;
  readonly context: CommandContext;
  readonly look: SharedLook;
  readonly #parts: ServerWatchParts;
  readonly #observer: WatchObserver;
  readonly #source: EventSource;
  #last: DetectionReport | null = null;
  #counted: { readonly report: DetectionReport; readonly atMs: number } | null = null;

  private constructor(parts: ServerWatchParts, observer: WatchObserver) {
    const { name, context, intervalMs, ends } = parts;
    this.name = name;
    this.context = context;
    this.#parts = parts;
    this.#observer = observer;
    this.#source = new EventSource((id) => ends?.find(id) ?? Promise.resolve(null));
    this.look = new SharedLook({
      clock: context.clock,
      take: () => this.#take(),
      // Whoever asks gets what is no older than this, also while nobody asks and looks are rare.
      freshMs: () => watchIntervalMs(this.#last, intervalMs ?? INTERVAL_MS) + SLACK_MS,
    });
  }

  static async open(parts: ServerWatchParts): Promise<ServerWatch> {
    return new ServerWatch(parts, await openWatchObserver(parts.context));
  }

  /** The present state, as the first events of a watch. */
  now(): readonly FeedEvent[] {
    return this.#named(this.#source.now());
  }

  /** Looks and tells until the signal ends it. */
  async follow(signal: AbortSignal): Promise<void> {
    const { feed } = this.#parts;
    const { stores, pushes } = this.#observer;
    const looks = scheduleLooks({
      stores,
      pushes,
      clock: this.context.clock,
      intervalMs: () => {
        const { awaitsEnd } = this.#source;
        return nextLookMs(this.#last, { pushes, intervalMs: this.#parts.intervalMs, awaitsEnd });
      },
      signal,
    });
    for await (const reason of looks) {
      if (reason === "records" && !this.look.isLooking) {
        // If only progress changed, the records say enough; anything else needs a question to the
        // server.
        const { seen } = await this.#observer.records();
        const own = seen.map(({ record }) => record).filter((record) => this.#isOwn(record));
        const moved = this.look.isLooking ? null : this.#source.progress(own);
        if (moved !== null) {
          feed.tell(this.#named(moved));
          continue;
        }
      }
      await untilAborted(this.look.look(), signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#observer[Symbol.asyncDispose]();
  }

  /** Each report contains the models, which are counted at longer intervals. */
  async #take(): Promise<Omit<SeenReport, "startedMs">> {
    const { clock } = this.context;
    const nowMs = clock.monotonicMs();
    const counted = this.#counted;
    const isDue = counted === null || counted.report.models === null ||
      nowMs - counted.atMs >= MODELS_MS;
    const [detection, claimed] = await Promise.all([
      this.#observer.look({ models: isDue }),
      readClaims(this.context),
    ]);
    await this.#observer.prune(detection);
    if (isDue) this.#counted = { report: detection.report, atMs: nowMs };
    const report = isDue ? detection.report : withModels(detection.report, counted.report);
    this.#last = report;
    this.#parts.feed.tell(this.#named(await this.#source.look(report)));
    const claims = claimsOn(claimed, { report, host: this.context.hostname() });
    return { report, error: documentError(statusProblem(report)), claims };
  }

  /** Whether a record may be of this server; changes of others ask it nothing. */
  #isOwn(record: GenerationRecord): boolean {
    const { serverUrl } = this.#observer;
    const serverId = this.#last?.identity?.serverId ?? null;
    return this.name === null || isOfServer(record, { serverUrl, serverId });
  }

  #named(events: readonly DetectionEvent[]): readonly FeedEvent[] {
    const { name } = this;
    if (name === null) return events;
    return events.filter((event) => this.#parts.tellers.mayTell(event, name))
      .map((event) => ({ ...event, server: name }));
  }
}
