/**
 * Measures how far a generation is, from what its server reports. Pure except for its own memory.
 */
import type { Counters } from "../server/counters.ts";
import { type JoinedWork, RemainingEstimate, type RemainingTime } from "./remaining_time.ts";

/** The state at one moment. */
export interface RunSnapshot extends RemainingTime {
  readonly imagesTotal: number;
  /** Image runs that are over. */
  readonly imagesDone: number;
  /** Fraction 0–1 of the whole generation; never goes back. */
  readonly progress: number;
  /** The run that was last heard of: workflow nodes done, 0–1; `null` before its first message. */
  readonly overall: number | null;
  /** The node at work in that run, 0–1. */
  readonly current: number | null;
  /** The session's counters, as last heard. */
  readonly counters: Counters | null;
}

const NOTHING = { progress: 0, imagesDone: 0, joined: null };

/** How much of an image's progress depends on the nodes done, instead of on the steps. */
const NODES_SHARE = 0.1;

interface Run {
  overall: number;
  current: number;
  /** The largest fraction of a node so far. */
  moved: number;
  over: boolean;
}

/**
 * Follows one generation.
 *
 * SwarmUI's overall fraction counts workflow nodes, not time, and nearly all time passes inside one
 * node (`swarmui-protocol.md §4.1`). So the fraction of a run is that of the node that moves,
 * except for a tenth that depends on the nodes done. A workflow with a second sampler stands still
 * while that one runs. The remaining time is estimated only from the moving node and from finished
 * images.
 */
export class RunProgress {
  readonly #imagesTotal: number;
  readonly #batchSize: number;
  readonly #runs = new Map<number, Run>();
  readonly #remaining: RemainingEstimate;
  #imagesDone = 0;
  #progress = 0;
  #lastRun: Run | null = null;
  #counters: Counters | null = null;

  /**
   * @param imagesTotal Requested images; at least 1.
   * @param batchSize Images of one run, which is what the server counts.
   * @param known How far it is known to be already; nothing goes back behind that.
   */
  constructor(
    imagesTotal: number,
    batchSize = 1,
    known: {
      readonly progress: number;
      readonly imagesDone: number;
      /** Of a generation that another process began. */
      readonly joined: JoinedWork | null;
    } = NOTHING,
  ) {
    this.#progress = known.progress;
    this.#imagesDone = known.imagesDone;
    this.#imagesTotal = imagesTotal;
    this.#batchSize = batchSize;
    this.#remaining = new RemainingEstimate(batchSize, known.joined);
  }

  /** The request is sent. `nowMs` is on the monotonic clock. */
  begin(nowMs: number): void {
    this.#remaining.begin(nowMs);
  }

  /**
   * Takes in the session's counters where nothing else tells of its images: what is no longer waiting
   * is over. `nowMs` is on the monotonic clock.
   */
  takeCounters(counters: Counters, nowMs: number): void {
    // Before the request is accepted, the counters of its session are zero too.
    if (counters.waitingGens > 0) {
      const done = this.#imagesTotal - counters.waitingGens * this.#batchSize;
      this.#imagesDone = Math.max(this.#imagesDone, done);
    }
    this.takeStatus(counters, nowMs);
  }

  /**
   * Takes in the session's counters where its images are told as well. They count runs that failed
   * or were cancelled as over, and those have made no image.
   */
  takeStatus(counters: Counters, nowMs: number): void {
    this.#counters = counters;
    if (counters.waitingGens === 0) return;
    this.#remaining.takeCounters(counters, { done: this.#imagesDone, nowMs });
  }

  /** Takes in the progress of a run; `nowMs` is on the monotonic clock. */
  takeProgress(
    seen: { readonly index: number; readonly overall: number; readonly current: number },
    nowMs: number,
  ): void {
    const run = this.#run(seen.index);
    if (seen.current > 0 && seen.current < 1) run.moved = Math.max(run.moved, seen.current);
    // The node that moved is over: it reached its end, or the next one began.
    else if (run.moved > 0) run.moved = 1;
    run.overall = Math.max(run.overall, seen.overall);
    run.current = seen.current;
    this.#lastRun = run;
    this.#remaining.takeSteps(seen.index, { moved: run.moved, nowMs });
  }

  /**
   * Takes in a finished image, `null`: not one of those requested. `nowMs` is on the monotonic
   * clock.
   */
  takeImage(index: number | null, nowMs: number): void {
    if (index === null) return;
    const run = this.#run(index);
    if (run.over) return;
    run.over = true;
    this.#remaining.takeImage(index, nowMs);
    const over = [...this.#runs.values()].filter((one) => one.over).length;
    this.#imagesDone = Math.max(this.#imagesDone, Math.min(this.#imagesTotal, over));
  }

  /** The present state; `nowMs` is on the monotonic clock. */
  snapshot(nowMs: number): RunSnapshot {
    let underWay = 0;
    for (const run of this.#runs.values()) {
      if (!run.over) underWay += (1 - NODES_SHARE) * run.moved + NODES_SHARE * run.overall;
    }
    const left = this.#imagesTotal - this.#imagesDone;
    const done = (this.#imagesDone + Math.min(left, underWay)) / this.#imagesTotal;
    this.#progress = Math.max(this.#progress, Math.min(1, done));
    const run = this.#lastRun?.over === false ? this.#lastRun : null;
    return {
      imagesTotal: this.#imagesTotal,
      imagesDone: this.#imagesDone,
      progress: this.#progress,
      overall: run?.overall ?? null,
      current: run?.current ?? null,
      ...this.#remaining.of(left, nowMs),
      counters: this.#counters,
    };
  }

  #run(index: number): Run {
    const known = this.#runs.get(index);
    if (known !== undefined) return known;
    const run = { overall: 0, current: 0, moved: 0, over: false };
    this.#runs.set(index, run);
    return run;
  }
}

/** Whether the server makes an image or loads a model for it. */
export function isAtWork({ counters, overall, imagesDone }: RunSnapshot): boolean {
  if (overall !== null || imagesDone > 0) return true;
  return counters !== null && counters.liveGens + counters.loadingModels > 0;
}

/** Whether the server has begun with a request: one that it refuses is first counted, and then refused. */
export function isUnderWay(snapshot: RunSnapshot): boolean {
  return isAtWork(snapshot) || (snapshot.counters?.waitingBackends ?? 0) > 0;
}

/**
 * The fraction of the whole generation that is known to be done; `null`: nothing is known but that the
 * server works on the first image, since only its counters tell of it.
 */
export function knownProgress({ progress, overall, counters }: RunSnapshot): number | null {
  const isUntold = progress === 0 && overall === null && (counters?.liveGens ?? 0) > 0;
  return isUntold ? null : progress;
}
