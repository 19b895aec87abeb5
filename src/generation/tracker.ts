/**
 * Publishes this process's generations to all stores and keeps their records fresh.
 *
 * Guarantees: a status change is written before its promise resolves. Progress is written at most
 * four times a second, less often if writing takes long, and a heartbeat at least every five
 * seconds, as long as the process lives. A store that fails causes one warning and never stops the
 * generation or the other stores. Not guaranteed: that the last progress before a `kill -9` was
 * written.
 */
import type { Clock } from "./clock.ts";
import type { GenerationRecord, GenerationStatus } from "./generation.ts";
import { newGenerationId } from "./generation_id.ts";
import type { OwnerHold, OwnerLocks } from "./owner.ts";
import type { DelayCause } from "./remaining_time.ts";
import type { ServerSession } from "./session.ts";
import type { EndLog, EndOutcome, GenerationStore, Publication } from "./store.ts";

/** Shortest time between two progress publications, in milliseconds. */
export const PUBLISH_INTERVAL_MS = 250;
/** Longest time between two publications, in milliseconds. */
export const HEARTBEAT_MS = 5_000;
/**
 * How much longer the pause after a publication is than the publication took: a huge state file
 * takes long.
 */
const PAUSE_FACTOR = 10;

/** What a tracker needs. */
export interface TrackerOptions {
  readonly stores: readonly GenerationStore[];
  readonly locks: OwnerLocks;
  /** Where ends are recorded; `null`: nowhere. */
  readonly ends: EndLog | null;
  readonly clock: Clock;
  /** This machine's name; `null` if Deno may not read it. */
  readonly host: string | null;
  readonly pid: number;
  /** Called with one line for people when a store or the owner lock fails, once for each. */
  readonly warn: (message: string) => void;
}

/** A generation of this process. */
export interface TrackedGeneration {
  readonly id: string;
  readonly startedAt: number;
  /**
   * Publishes `starting` and the session of the work. Await it before sending the request.
   *
   * @param model As the server names it; `null`: not known.
   * @param batchSize Images of one run. @default {1}
   */
  starting(session: ServerSession, model?: string | null, batchSize?: number): Promise<void>;
  /** Publishes whether it is waiting for a backend. */
  queued(isQueued: boolean): void;
  /**
   * Publishes progress; the first call makes the status `generating`. Values that are smaller than
   * before, or not a number, are ignored.
   *
   * @param seen.progress Fraction 0–1 of the whole generation; more counts as 1.
   * @param seen.imagesDone Image runs that are over.
   * @param seen.remainingMs The remaining time in milliseconds; `null` or absent: not known.
   */
  progress(seen: {
    readonly progress: number;
    readonly imagesDone: number;
    readonly remainingMs?: number | null;
    readonly delayedBy?: DelayCause | null;
  }): void;
  /**
   * The server's work is known to be over: removes the record everywhere. Nothing is published
   * after this. If both `finish()` and `leave()` are called, the first one counts.
   *
   * @param outcome How it ended. @default {"finished"}
   */
  finish(outcome?: EndOutcome): Promise<void>;
  /**
   * The server may go on without this process: leaves the record as it is, so that others can watch
   * and cancel it. Nothing is published after this.
   */
  leave(): Promise<void>;
}

/**
 * Begins a generation: takes its owner lock, publishes it as `pending`, starts its heartbeat.
 *
 * @param about.imagesTotal Image runs requested.
 * @param about.detached Whether it will be left to the server. This is in the first publication
 * already, so that others who see it without an owner know why.
 */
export async function trackGeneration(
  about: {
    readonly serverUrl: string;
    readonly imagesTotal: number;
    readonly detached?: boolean;
  },
  options: TrackerOptions,
): Promise<TrackedGeneration> {
  const id = newGenerationId();
  const warned = new Set<string>();
  function warnOnce(key: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    // Stores that fail for the same reason: it is reported once.
    if (warned.has(key) || warned.has(message)) return;
    warned.add(key).add(message);
    options.warn(message);
  }

  let hold: OwnerHold | null = null;
  let lockProblem: unknown = null;
  try {
    hold = await options.locks.hold(id);
  } catch (error) {
    lockProblem = error;
  }
  const nowMs = options.clock.now();
  const generation = new Publisher({
    id,
    status: "pending",
    progress: 0,
    startedAt: nowMs,
    updatedAt: nowMs,
    serverUrl: about.serverUrl,
    serverId: null,
    host: options.host,
    pid: options.pid,
    imagesTotal: about.imagesTotal,
    imagesDone: 0,
    ...(about.detached ? { detached: true } : {}),
    foreign: false,
  }, { options, hold, warnOnce });
  await generation.publish();
  // The lock is in the user's state directory. If no record can be kept there either, one warning is
  // enough, and the one about the record names the directory.
  const isTold = options.stores.some(({ scope, location }) =>
    scope === "user" && warned.has(location)
  );
  if (lockProblem !== null && !isTold) warnOnce("lock", lockProblem);
  return generation;
}

class Publisher implements TrackedGeneration {
  readonly #options: TrackerOptions;
  readonly #hold: OwnerHold | null;
  readonly #warnOnce: (key: string, error: unknown) => void;
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

  constructor(record: GenerationRecord, deps: {
    readonly options: TrackerOptions;
    readonly hold: OwnerHold | null;
    readonly warnOnce: (key: string, error: unknown) => void;
  }) {
    this.#record = record;
    this.#options = deps.options;
    this.#hold = deps.hold;
    this.#warnOnce = deps.warnOnce;
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
    if (removed) this.#hold?.release();
    else this.#hold?.abandon();
  }

  async #abandon(): Promise<void> {
    await this.#stopPublishing();
    await this.#write();
    this.#hold?.abandon();
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
        this.#warnOnce(store.location, error);
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
