/**
 * This process's generations: publishes each to all stores and keeps it fresh.
 *
 * Guarantees: a status change is written before its promise resolves; progress is written at most
 * four times a second, less often where that takes long, and a heartbeat at least every five seconds,
 * for as long as the process lives; a store that fails is warned of once and never stops the generation or the other stores.
 * Not guaranteed: that the last progress before a `kill -9` was written.
 */
import type { Clock } from "./clock.ts";
import type { GenerationRecord, GenerationStatus } from "./generation.ts";
import { newGenerationId } from "./generation_id.ts";
import type { OwnerHold, OwnerLocks } from "./owner.ts";
import type { ServerSession } from "./session.ts";
import type { EndLog, EndOutcome, GenerationStore, Publication } from "./store.ts";

/** Shortest time between two progress publications, in milliseconds. */
export const PUBLISH_INTERVAL_MS = 250;
/** Longest time between two publications, in milliseconds. */
export const HEARTBEAT_MS = 5_000;
/** How much longer than a publication took the pause after it is: a huge state file takes long. */
const PAUSE_FACTOR = 10;

/** What a tracker needs. */
export interface TrackerOptions {
  readonly stores: readonly GenerationStore[];
  readonly locks: OwnerLocks;
  /** Where the end is told; `null`: nowhere. */
  readonly ends: EndLog | null;
  readonly clock: Clock;
  /** This machine's name; `null` where Deno may not tell it. */
  readonly host: string | null;
  readonly pid: number;
  /** Takes one line for people when a store or the owner lock fails, once for each. */
  readonly warn: (message: string) => void;
}

/** A generation of this process. */
export interface TrackedGeneration {
  readonly id: string;
  readonly startedAt: number;
  /**
   * Publishes `starting` and the session that will do the work; await it before sending.
   *
   * @param model As the server names it; `null`: not known.
   */
  starting(session: ServerSession, model?: string | null): Promise<void>;
  /** Takes in whether it waits for a backend. */
  queued(isQueued: boolean): void;
  /**
   * Takes progress in; the first call makes the status `generating`. Whatever is smaller than
   * before, or not a number, is ignored.
   *
   * @param seen.progress Fraction 0–1 of the whole generation; more counts as 1.
   * @param seen.imagesDone Image runs that are over.
   * @param seen.remainingMs What is left, in milliseconds; `null` or absent: not known.
   */
  progress(seen: {
    readonly progress: number;
    readonly imagesDone: number;
    readonly remainingMs?: number | null;
  }): void;
  /**
   * The server's work is known to be over: removes the record everywhere. Nothing is published any
   * more; of `finish()` and `leave()` the first decides.
   *
   * @param outcome How it ended. @default {"finished"}
   */
  finish(outcome?: EndOutcome): Promise<void>;
  /**
   * The server may go on without us: leaves the record as it now is, to be watched and cancelled by
   * others. Nothing is published any more.
   */
  leave(): Promise<void>;
}

/**
 * Begins a generation: takes its owner lock, publishes it as `pending`, starts its heartbeat.
 *
 * @param about.imagesTotal Image runs asked for.
 * @param about.detached Whether it is to be left to the server: said from the first publication on, so
 * that nobody sees it without an owner and does not know why.
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
    // The lock and the store of one directory fail with one reason: it is said once.
    if (warned.has(key) || warned.has(message)) return;
    warned.add(key).add(message);
    options.warn(message);
  }

  let hold: OwnerHold | null = null;
  try {
    hold = await options.locks.hold(id);
  } catch (error) {
    warnOnce("lock", error);
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

  starting(session: ServerSession, model: string | null = null): Promise<void> {
    this.#session = session;
    return this.#change("starting", { serverId: session.serverId, model });
  }

  queued(isQueued: boolean): void {
    if (isQueued !== (this.#record.queued ?? false)) this.#publishSoon({ queued: isQueued });
  }

  progress(
    seen: {
      readonly progress: number;
      readonly imagesDone: number;
      readonly remainingMs?: number | null;
    },
  ): void {
    const progress = Math.min(1, larger(seen.progress, this.#record.progress));
    const imagesDone = larger(seen.imagesDone, this.#record.imagesDone);
    const remainingSeconds = inSeconds(seen.remainingMs ?? null);
    if (this.#record.status !== "generating") {
      void this.#change("generating", { progress, imagesDone, remainingSeconds });
      return;
    }
    // What is left is a guess that moves on without news: it alone is not worth a publication.
    if (progress === this.#record.progress && imagesDone === this.#record.imagesDone) return;
    this.#publishSoon({ progress, imagesDone, remainingSeconds });
  }

  finish(outcome: EndOutcome = "finished"): Promise<void> {
    return this.#ended ??= this.#remove(outcome);
  }

  leave(): Promise<void> {
    return this.#ended ??= this.#abandon();
  }

  /** Writes the record as it is now, after whatever is being written. */
  publish(): Promise<void> {
    // A late event must not bring a removed record back.
    return this.#stop.signal.aborted ? this.#writing : this.#write();
  }

  async #remove(outcome: EndOutcome): Promise<void> {
    await this.#stopPublishing();
    const { ends, clock } = this.#options;
    // Before the record goes: whoever sees it vanish must find how it ended.
    await ends?.put({ id: this.id, outcome, endedAt: clock.now() });
    const removed = await this.#everywhere((store) => store.remove(this.id));
    // A record that could not be removed is seen to be ownerless only while its lock file is there.
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
    this.#record = { ...this.#record, updatedAt: this.#options.clock.now() };
    const publication: Publication = { record: this.#record, session: this.#session };
    this.#writing = this.#writing.then(async () => {
      const startedMs = this.#options.clock.monotonicMs();
      await this.#everywhere((store) => store.put(publication));
      this.#tookMs = this.#options.clock.monotonicMs() - startedMs;
    });
    return this.#writing;
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

  /** Acts on all stores at the same time; says whether all succeeded. */
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

/** The larger of what was seen and what is known; what is not a number is never larger. */
function larger(seen: number, known: number | null): number {
  return seen > (known ?? 0) ? seen : known ?? 0;
}

/** To a tenth, as records hold it. */
function inSeconds(ms: number | null): number | null {
  return ms === null || !Number.isFinite(ms) ? null : Math.max(0, Math.round(ms / 100) / 10);
}
