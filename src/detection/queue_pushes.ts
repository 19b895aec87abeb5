/**
 * Keeps the queues of all ComfyUI backends observed between two looks: says when to look at once,
 * and adds to the next look what was told meanwhile, so that it misses no short job.
 *
 * It only ever adds work. A connection that says nothing may be dead, so that a queue was empty when
 * last told is never evidence, and looks go on beside it. If a look shows what the connection should
 * have told, it is doubted, and then opened anew.
 */
import type { Clock } from "../generation/clock.ts";
import { addTold } from "./told_queues.ts";
import type { ToldQueue } from "./told_queues.ts";
import { askedPauseMs } from "./put_off.ts";
import type { QueueObserver } from "./queue_observer.ts";
import type { DetectionReport, Evidence, ReportedBackend } from "./report.ts";
import type { ServerReading } from "./server_tier.ts";
import { isComfyBackend } from "./swarm_server.ts";

/** Backends that are observed at most; the others are only asked. */
const MAX_OBSERVED = 64;
/** When one that worked is tried again after its end, in milliseconds. */
const AGAIN_MS = 5_000;
/** When one is tried again that never worked: why is not always told. In milliseconds. */
const NEVER_WORKED_MS = 60_000;
/** When one is tried again that this user may not have, in milliseconds. */
const REFUSED_MS = 600_000;
/**
 * How soon a queue is looked at that grows or shrinks, but was not empty and is not, in
 * milliseconds: a busy server changes its queues with each image.
 */
const RECOUNT_MS = 1_000;
/**
 * How soon a server is looked at again that still counts work when ComfyUI's queues are empty: it has
 * a picture to save, or another one to ask for. Each time twice as late, in milliseconds.
 */
const SETTLE_MS = { first: 50, last: 1_600 } as const;
/**
 * For how long the jobs that a connection told of last are believed where nobody can be asked, in
 * milliseconds. Where the other machine just went away, nothing ends the connection, and the jobs of a
 * backend that is switched off would never be over. A job that takes longer, without another one that
 * comes or goes, is rare.
 */
const TOLD_MS = 3_600_000;

interface Observed {
  readonly stop: AbortController;
  done: Promise<void>;
  /** What a look has told of it before; `null`: nothing. */
  readonly expected: number | null;
  /** What it told last; `null`: nothing yet. */
  length: number | null;
  /** When it told that, on the monotonic clock, in milliseconds. */
  toldAtMs: number;
  /** The most jobs that it told of since the last look; `null`: it told nothing since. */
  peak: number | null;
  /** Whether it told something between the last two looks. */
  wasHeard: boolean;
  /** Whether SwarmUI could not reach its ComfyUI in the last look. */
  isDead: boolean;
  /** Whether a look showed something that it should have told. */
  isDoubted: boolean;
}

/** See the top of this file. It costs the server nothing but a connection for each backend. */
export class QueuePushes implements AsyncDisposable {
  readonly #observer: QueueObserver;
  readonly #clock: Clock;
  readonly #ended = new AbortController();
  readonly #observed = new Map<number, Observed>();
  readonly #notBeforeMs = new Map<number, number>();
  #news = new AbortController();
  #isRaisedLater = false;
  /** When the server is to be looked at again if it still counts work; `null`: there is none to end. */
  #settleMs: number | null = null;
  #isRefused = false;
  /** Whether the server asked for a pause, after which there is a look anyway. */
  #isPaused = false;
  #lookedAtMs = -Infinity;

  constructor({ observer, clock }: { readonly observer: QueueObserver; readonly clock: Clock }) {
    this.#observer = observer;
    this.#clock = clock;
  }

  /** How many queues are observed. */
  get count(): number {
    return [...this.#observed.values()].filter(({ length }) => length !== null).length;
  }

  /** Aborted as soon as a look is due; a new one after `takeNews()`. */
  get news(): AbortSignal {
    return this.#news.signal;
  }

  /** To be called when the look begins that the news were about. */
  takeNews(): void {
    if (this.#news.signal.aborted) this.#news = new AbortController();
  }

  /**
   * Says whether everything that could work is observed, so that looks may be rare while the server
   * is idle. A backend that is switched off cannot begin to work unseen: it takes a look to find it
   * on, as it takes one to find a new backend.
   */
  covers({ backends, reach }: Pick<DetectionReport, "backends" | "reach">): boolean {
    if (backends === null || reach !== "online" || this.count === 0) return false;
    return backends.every((backend) => {
      if (!isComfyBackend(backend)) return false;
      if (backend.status === "disabled") return true;
      const observed = this.#observed.get(backend.id);
      return backend.status === "running" && observed !== undefined && observed.length !== null &&
        !observed.isDoubted;
    });
  }

  /** Adds to a look what was told since the one before; to be called when its answers are there. */
  addTo(reading: ServerReading): ServerReading {
    const told = new Map<number, ToldQueue>();
    const nowMs = this.#clock.monotonicMs();
    for (const [id, one] of this.#observed) {
      const { length, peak } = one;
      one.wasHeard = peak !== null;
      one.peak = null;
      const answer = reading.queues.find(({ backend }) => backend.id === id)?.answer;
      one.isDead = answer?.answered === true && answer.value.kind === "dead";
      if (length === null) continue;
      const isBelieved = nowMs - one.toldAtMs < TOLD_MS;
      told.set(id, { peak: peak ?? 0, length: isBelieved ? length : 0 });
      // It is over already: the next look shows that.
      if (peak !== null && peak > 0 && length === 0) this.#raise();
    }
    return addTold(reading, told);
  }

  /** What it does, as evidence of a look; none where there is nothing to observe yet. */
  evidence(): readonly Evidence[] {
    const common = {
      tier: "server",
      source: "comfy_push",
      elapsedMs: 0,
      sees: "jobs in ComfyUI between two looks, as they come and go",
    } as const;
    const { count } = this;
    if (count > 0) return [{ ...common, answered: true, detail: { backends: count } }];
    if (!this.#isRefused) return [];
    // The queues themselves say what is needed.
    return [{ ...common, answered: false, reason: "not_permitted", detail: {} }];
  }

  /**
   * Begins to observe what a look has found, and ends with what is gone. A backend that is off or in
   * trouble is not begun with, which SwarmUI would refuse; one that was observed before stays so.
   */
  update(
    { verdict, backends, evidence }: Pick<DetectionReport, "verdict" | "backends" | "evidence">,
  ): void {
    this.#isPaused = askedPauseMs({ evidence }) > 0;
    this.#settle(verdict);
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    if (backends === null || this.#ended.signal.aborted) return;
    const here = new Set(backends.map(({ id }) => id));
    for (const [id, { stop }] of this.#observed) if (!here.has(id)) stop.abort();
    for (const backend of backends) {
      const observed = this.#observed.get(backend.id);
      if (observed === undefined) this.#consider(backend);
      else this.#check(observed, { backend, sinceMs });
    }
  }

  #consider(backend: ReportedBackend): void {
    const { id, status } = backend;
    const isDue = this.#clock.monotonicMs() >= (this.#notBeforeMs.get(id) ?? -Infinity);
    if (
      !isComfyBackend(backend) || status !== "running" || !isDue ||
      this.#observed.size >= MAX_OBSERVED
    ) return;
    const observed: Observed = {
      stop: new AbortController(),
      done: Promise.resolve(),
      expected: backend.queueRemaining,
      length: null,
      toldAtMs: -Infinity,
      peak: null,
      wasHeard: false,
      isDead: false,
      isDoubted: false,
    };
    this.#observed.set(id, observed);
    const signal = AbortSignal.any([observed.stop.signal, this.#ended.signal]);
    observed.done = this.#observe(id, { observed, signal });
  }

  /**
   * Compares what was told with what a look has found. A job may have begun between the question and
   * its report, so what differs once is doubted, and only what is still silent at the next look is
   * ended.
   */
  #check(observed: Observed, { backend, sinceMs }: {
    readonly backend: ReportedBackend;
    readonly sinceMs: number;
  }): void {
    const { queueRemaining, secondsSinceUsed: age } = backend;
    if (observed.length === null) return;
    if (observed.wasHeard) {
      observed.isDoubted = false;
      return;
    }
    if (observed.isDoubted) return observed.stop.abort();
    // SwarmUI gives whole seconds, rounded down.
    const wasUsed = age !== null && (age + 1) * 1000 < sinceMs;
    observed.isDoubted = wasUsed || observed.isDead ||
      (queueRemaining !== null && queueRemaining !== observed.length);
  }

  async #observe(id: number, { observed, signal }: {
    readonly observed: Observed;
    readonly signal: AbortSignal;
  }): Promise<void> {
    const end = await this.#observer.observe(id, {
      signal,
      onLength: (remaining) => {
        if (signal.aborted) return;
        // What a look has told is no news when it is told again.
        const before = observed.length ?? observed.expected ?? 0;
        // The first report is no sign that later ones will come.
        if (observed.length !== null || remaining > 0) {
          observed.peak = Math.max(observed.peak ?? 0, remaining);
        }
        observed.length = remaining;
        observed.toldAtMs = this.#clock.monotonicMs();
        if (before > 0 !== remaining > 0) {
          this.#settleMs = SETTLE_MS.first;
          this.#raise();
        } else if (before !== remaining) this.#raiseLater(RECOUNT_MS);
      },
    });
    this.#observed.delete(id);
    this.#isRefused = end === "refused";
    const wasObserved = observed.length !== null;
    const pauseMs = end === "refused" ? REFUSED_MS : wasObserved ? AGAIN_MS : NEVER_WORKED_MS;
    this.#notBeforeMs.set(id, this.#clock.monotonicMs() + pauseMs);
    // It may have died with all its work.
    if (wasObserved && !signal.aborted) this.#raise();
  }

  #raise(): void {
    if (!this.#isPaused) this.#news.abort();
  }

  #raiseLater(delayMs: number): void {
    if (this.#isRaisedLater) return;
    this.#isRaisedLater = true;
    const { signal } = this.#ended;
    void this.#clock.sleep(delayMs, signal).then(() => {
      this.#isRaisedLater = false;
      if (!signal.aborted) this.#raise();
    });
  }

  /** Has the end of work looked for soon, if a look was too early for it. */
  #settle(verdict: DetectionReport["verdict"]): void {
    const delayMs = this.#settleMs;
    const isWorking = [...this.#observed.values()].some(({ length }) => (length ?? 0) > 0);
    if (delayMs === null || isWorking) return;
    const isLast = verdict !== "busy" || delayMs >= SETTLE_MS.last;
    this.#settleMs = isLast ? null : delayMs * 2;
    if (verdict === "busy") this.#raiseLater(delayMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await Promise.all([...this.#observed.values()].map(({ done }) => done));
  }
}
