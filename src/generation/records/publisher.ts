/**
 * Publishes a generation of this process to all stores and keeps its record fresh.
 *
 * Guarantees: a status change is written before its promise resolves. Progress is written at most
 * four times a second, less often if writing takes long, and a heartbeat at least every five
 * seconds, as long as the process lives. A store that fails causes one warning and never stops the
 * generation or the other stores. Not guaranteed: that the last progress before a `kill -9` was
 * written.
 */
import type { Clock } from "../clock.ts";
import type { GenerationRecord, GenerationStatus } from "../generation.ts";
import type { OwnerHold } from "./owner.ts";
import type { DelayCause } from "../run/remaining_time.ts";
import type { ServerSession } from "../session.ts";
import type { EndLog, EndOutcome } from "./end_log.ts";
import type { GenerationStore, Publication } from "./store.ts";
import type { TrackedGeneration } from "./tracked_generation.ts";

/** Shortest time between two progress publications, in milliseconds. */
const PUBLISH_INTERVAL_MS = 250;
/** Longest time between two publications, in milliseconds. */
export const HEARTBEAT_MS = 5_000;
/**
 * How much longer the pause after a publication is than the publication took: a huge state file
 * takes long.
 */
const PAUSE_FACTOR = 10;

/** What a publisher needs. */
export interface PublisherOptions {
  readonly stores: readonly GenerationStore[];
  /** Where the end is recorded; `null`: nowhere. */
  readonly ends: EndLog | null;
  readonly clock: Clock;
  /** The owner lock; `null`: it could not be had. */
  readonly hold: OwnerHold | null;
  /** Reports a failure, once for each key. */
  readonly warnOnce: (key: string, error: unknown) => void;
}

/** See the top of this file. */
export class Publisher implements TrackedGeneration {
  readonly #options: PublisherOptions;
  readonly #stop = new AbortController();
  readonly #heartbeat: Promise<void>;
  #record: GenerationRecord;
  #session: ServerSession | null = null;
  #writing: Promise<void> = Promise.resolve();
  #wake: AbortController = new AbortController();
  #dirty = false;
  /** What was left when that was heard, on the monotonic clock; `null`: nothing was heard. */
  #remaining: { readonly ms: number | null; readonly atMs: number } | null = null;
  /** How long the last publication took, in milliseconds. */
  #tookMs = 0;
  #ended: Promise<void> | null = null;

  constructor(record: GenerationRecord, options: PublisherOptions) {
    this.#record = record;
    this.#options = options;
    this.#heartbeat = this.#beat();
  }

  get id(): string {
    return this.#record.id;
  }

  get startedAt(): number {
    return this.#record.startedAt;
  }

  starting(
    session: ServerSession,
    model: string | null = null,
    batchSize = 1,
  ): Promise<void> {
    this.#session = session;
    return this.#change("starting", {
      serverId: session.serverId,
      model,
      ...(batchSize === 1 ? {} : { batchSize }),
    });
  }

  queued(isQueued: boolean): void {
    if (isQueued !== (this.#record.queued ?? false)) this.#publishSoon({ queued: isQueued });
  }

  progress(
    seen: {
      readonly progress: number;
      readonly imagesDone: number;
      readonly remainingMs?: number | null;
      readonly delayedBy?: DelayCause | null;
    },
  ): void {
    const progress = Math.min(1, larger(seen.progress, this.#record.progress));
    const imagesDone = larger(seen.imagesDone, this.#record.imagesDone);
    const { remainingMs = null, delayedBy = null } = seen;
    this.#remaining = { ms: remainingMs, atMs: this.#options.clock.monotonicMs() };
    if (this.#record.status !== "generating") {
      void this.#change("generating", { progress, imagesDone, delayedBy });
      return;
    }
    // The remaining time is an estimate that changes by itself: it alone is not worth a
    // publication.
    const { progress: before, imagesDone: doneBefore, delayedBy: delayedBefore } = this.#record;
    const isSame = progress === before && imagesDone === doneBefore;
    if (isSame && delayedBy === (delayedBefore ?? null)) return;
    this.#publishSoon({ progress, imagesDone, delayedBy });
  }

  finish(outcome: EndOutcome = "finished"): Promise<void> {
    return this.#ended ??= this.#remove(outcome);
  }

  leave(): Promise<void> {
    return this.#ended ??= this.#abandon();
  }

  /** Writes the record as it is now, after any write that is under way. */
  publish(): Promise<void> {
    // A late event must not bring a removed record back.
    return this.#stop.signal.aborted ? this.#writing : this.#write();
  }

  async #remove(outcome: EndOutcome): Promise<void> {
    await this.#stopPublishing();
    const { ends, clock } = this.#options;
    // Before the record is removed: whoever sees it vanish must find how it ended.
    await ends?.put({ id: this.id, outcome, endedAt: clock.now() });
    const removed = await this.#everywhere((store) => store.remove(this.id));
    // If the record could not be removed, its lock file must stay: only with it the record is known
    // to have no owner.
    if (removed) this.#options.hold?.release();
    else this.#options.hold?.abandon();
  }

  async #abandon(): Promise<void> {
    await this.#stopPublishing();
    await this.#write();
    this.#options.hold?.abandon();
  }

  #write(): Promise<void> {
    this.#dirty = false;
    const { clock } = this.#options;
    this.#record = { ...this.#record, ...this.#remainingNow(), updatedAt: clock.now() };
    const publication: Publication = { record: this.#record, session: this.#session };
    this.#writing = this.#writing.then(async () => {
      const startedMs = this.#options.clock.monotonicMs();
      await this.#everywhere((store) => store.put(publication));
      this.#tookMs = this.#options.clock.monotonicMs() - startedMs;
    });
    return this.#writing;
  }

  /** What was left counts down between two publications: a heartbeat must not make it more. */
  #remainingNow(): Pick<GenerationRecord, "remainingSeconds"> {
    if (this.#remaining === null) return {};
    const { ms, atMs } = this.#remaining;
    const goneMs = this.#options.clock.monotonicMs() - atMs;
    return { remainingSeconds: ms === null ? null : inSeconds(ms - goneMs) };
  }

  #change(status: GenerationStatus, changes: Partial<GenerationRecord>): Promise<void> {
    this.#record = { ...this.#record, ...changes, status };
    return this.publish();
  }

  #publishSoon(changes: Partial<GenerationRecord>): void {
    this.#record = { ...this.#record, ...changes };
    this.#dirty = true;
    this.#wake.abort();
  }

  async #stopPublishing(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    await this.#heartbeat;
    await this.#writing;
  }

  async #beat(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      // A slow store must not let publications pile up: the next one waits for the last.
      const pauseMs = Math.max(PUBLISH_INTERVAL_MS, PAUSE_FACTOR * this.#tookMs);
      await clock.sleep(Math.min(HEARTBEAT_MS, pauseMs), this.#stop.signal);
      await this.#writing;
      if (!this.#dirty && !this.#stop.signal.aborted) {
        this.#wake = new AbortController();
        await clock.sleep(HEARTBEAT_MS - PUBLISH_INTERVAL_MS, this.#wake.signal);
      }
      if (!this.#stop.signal.aborted) await this.publish();
    }
  }

  /** Does something with all stores at the same time; says whether all succeeded. */
  async #everywhere(action: (store: GenerationStore) => Promise<void>): Promise<boolean> {
    const successes = await Promise.all(this.#options.stores.map(async (store) => {
      try {
        await action(store);
        return true;
      } catch (error) {
        this.#options.warnOnce(store.location, error);
        return false;
      }
    }));
    return successes.every(Boolean);
  }
}

/** The larger of two values; a value that is not a number is ignored. */
function larger(seen: number, known: number | null): number {
  return seen > (known ?? 0) ? seen : known ?? 0;
}

/** In seconds with one decimal, as records hold it. */
function inSeconds(ms: number | null): number | null {
  return ms === null || !Number.isFinite(ms) ? null : Math.max(0, Math.round(ms / 100) / 10);
}
