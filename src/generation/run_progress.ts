/**
 * Measures how far a generation is, from what its server reports. Pure except for its own memory.
 */
import type { Counters } from "./counters.ts";

/** The state at one moment. */
export interface RunSnapshot {
  readonly imagesTotal: number;
  /** Image runs that are over. */
  readonly imagesDone: number;
  /** Fraction 0–1 of the whole generation; never goes back. */
  readonly progress: number;
  /** The run that was last heard of: workflow nodes done, 0–1; `null` before its first message. */
  readonly overall: number | null;
  /** The node at work in that run, 0–1. */
  readonly current: number | null;
  /**
   * The remaining time in milliseconds, estimated from what moves; `null`: cannot be estimated yet.
   */
  readonly remainingMs: number | null;
  /** The session's counters, as last heard. */
  readonly counters: Counters | null;
}

/** How much of an image's progress depends on the nodes done, instead of on the steps. */
const NODES_SHARE = 0.1;

interface Run {
  overall: number;
  current: number;
  /** The largest fraction of a node so far. */
  moved: number;
  /** When the node at work began, and the first fraction of it that was seen. */
  nodeStartedMs: number;
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
  readonly #imageTimesMs: number[] = [];
  #imagesDone = 0;
  #progress = 0;
  #lastRun: Run | null = null;
  /** When the last image came, or when the first run began to move. */
  #lastImageMs: number | null = null;
  #counters: Counters | null = null;
  /** The counters when the server was first seen working on images. */
  #begun: { readonly atMs: number; readonly done: number } | null = null;
  /** When the counters last showed a further image. */
  #countedMs: number | null = null;

  /**
   * @param imagesTotal Requested images; at least 1.
   * @param batchSize Images of one run, which is what the server counts.
   */
  constructor(imagesTotal: number, batchSize = 1) {
    this.#imagesTotal = imagesTotal;
    this.#batchSize = batchSize;
  }

  /**
   * Takes in the session's counters: what is no longer waiting is over. `nowMs` is on the monotonic
   * clock.
   */
  takeCounters(counters: Counters, nowMs: number): void {
    this.#counters = counters;
    // Before the request is accepted, the counters of its session are zero too.
    if (counters.waitingGens === 0) return;
    const done = this.#imagesTotal - counters.waitingGens * this.#batchSize;
    if (counters.liveGens > 0) this.#begun ??= { atMs: nowMs, done };
    if (done <= this.#imagesDone) return;
    this.#imagesDone = done;
    this.#countedMs = nowMs;
  }

  /** Takes in the progress of a run; `nowMs` is on the monotonic clock. */
  takeProgress(
    seen: { readonly index: number; readonly overall: number; readonly current: number },
    nowMs: number,
  ): void {
    const run = this.#run(seen.index, nowMs);
    if (seen.current < run.current) run.nodeStartedMs = nowMs;
    this.#lastImageMs ??= nowMs;
    if (seen.current > 0 && seen.current < 1) run.moved = Math.max(run.moved, seen.current);
    // The node that moved is over: it reached its end, or the next one began.
    else if (run.moved > 0) run.moved = 1;
    run.overall = Math.max(run.overall, seen.overall);
    run.current = seen.current;
    this.#lastRun = run;
  }

  /**
   * Takes in a finished image, `null`: not one of those requested. `nowMs` is on the monotonic
   * clock.
   */
  takeImage(index: number | null, nowMs: number): void {
    if (index === null) return;
    const run = this.#run(index, nowMs);
    if (run.over) return;
    run.over = true;
    if (this.#lastImageMs !== null) this.#imageTimesMs.push(nowMs - this.#lastImageMs);
    this.#lastImageMs = nowMs;
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
      remainingMs: this.#remainingMs(nowMs),
      counters: this.#counters,
    };
  }

  #remainingMs(nowMs: number): number | null {
    const left = this.#imagesTotal - this.#imagesDone;
    if (left === 0) return 0;
    if (this.#runs.size === 0) return this.#countedDown(left, nowMs);
    const times = this.#imageTimesMs;
    const mean = times.length === 0
      ? null
      : times.reduce((sum, time) => sum + time, 0) / times.length;
    const run = this.#lastRun;
    if (run === null || run.over) return mean === null ? null : mean * left;
    if (run.current > 0 && run.current < 1) {
      const nodeMs = nowMs - run.nodeStartedMs;
      const ownMs = nodeMs / run.current * (1 - run.current);
      return ownMs + (left - 1) * (mean ?? nodeMs / run.current);
    }
    // After the node that moves there is little left; before it, the whole image.
    const others = run.moved > 0 ? left - 1 : left;
    return mean === null ? null : mean * others;
  }

  /** Estimates by the counters alone: the rest takes as long as the images counted so far. */
  #countedDown(left: number, nowMs: number): number | null {
    if (this.#begun === null || this.#countedMs === null) return null;
    const counted = this.#imagesDone - this.#begun.done;
    if (counted <= 0) return null;
    const mean = (this.#countedMs - this.#begun.atMs) / counted;
    return Math.max(0, mean * left - (nowMs - this.#countedMs));
  }

  #run(index: number, nowMs: number): Run {
    const known = this.#runs.get(index);
    if (known !== undefined) return known;
    const run = { overall: 0, current: 0, moved: 0, nodeStartedMs: nowMs, over: false };
    this.#runs.set(index, run);
    return run;
  }
}

/** Whether the server has begun with a request: one that it refuses is first counted, and then refused. */
export function isUnderWay({ counters, overall, imagesDone }: RunSnapshot): boolean {
  if (overall !== null || imagesDone > 0) return true;
  return counters !== null &&
    counters.waitingBackends + counters.liveGens + counters.loadingModels > 0;
}
