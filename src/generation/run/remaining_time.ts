/**
 * Estimates how long a generation still takes. Pure except for its own memory.
 *
 * Each image is taken to need as long as those before it, or before the first one is finished, as long
 * as its steps so far let expect. Between two images it counts down. It never grows without a cause:
 * what is measured only now and then would otherwise make it jump.
 */
import { CountedPace, type DoneAt } from "./counted_pace.ts";
import type { Counters } from "../server/counters.ts";

/**
 * Why what is left has become more, or does not become less. `loading`: a model is loaded. `waiting`: no
 * backend works on it. `slower`: images take longer than those before.
 */
export type DelayCause = "loading" | "waiting" | "slower";

const CAUSES: readonly DelayCause[] = ["loading", "waiting", "slower"];

/** Reads a cause from a record, which others may have written; `null`: it is none. */
export function delayCauseOf(text: string | null | undefined): DelayCause | null {
  return CAUSES.find((cause) => cause === text) ?? null;
}

/** What is left at an instant. */
export interface RemainingTime {
  /** Milliseconds; `null`: cannot be said yet. */
  readonly remainingMs: number | null;
  /** Why it grew since the last image; `null`: it did not. */
  readonly delayedBy: DelayCause | null;
}

/** How much of the first image's time its steps are taken to be; the rest is decoding and saving. */
const STEPS_SHARE = 0.9;
/** An image whose steps are this far is believed where it is slower than those before it. */
const TOLD_SHARE = 0.25;
/** What is measured must be so many times what is left by the count down, and so much more, to count. */
const SLOWER_FACTOR = 1.25;
const SLOWER_MS = 2_000;
/** So much more than was measured is told: a small delay is then no reason to tell more than before. */
const MARGIN = 1.02;
/** Between two images nothing is made for a moment; a longer pause is a delay. In milliseconds. */
const SHORT_PAUSE_MS = 1_000;

/** What is known of a generation that was begun by another process. */
export interface JoinedWork {
  /** How far it was, in images, and when, on the monotonic clock; `null`: not known. */
  readonly begun: DoneAt | null;
  /** What that process expected to be left now; `null`: nothing, or it is over by that. */
  readonly remainingMs: number | null;
}

interface ImageTime {
  /** When its work began, on the clock of work. */
  readonly startedMs: number;
  /** The greatest fraction of its steps, 0–1, and when it was told. */
  moved: number;
  movedAtMs: number;
  isOver: boolean;
}

/** Times are on the monotonic clock, in milliseconds. */
export class RemainingEstimate {
  readonly #batchSize: number;
  readonly #images = new Map<number, ImageTime>();
  readonly #timesMs: number[] = [];
  /** The most images that were seen to be made at the same time. */
  #workers = 1;
  #lastEndMs: number | null = null;
  /** Nothing is made now, since then and for this reason. */
  #pausedBy: "loading" | "waiting" | null = null;
  #pausedSinceMs = 0;
  #pausedMs = 0;
  #seenMs: number | null = null;
  readonly #counted: CountedPace;
  /** Until something is measured: what another process expected. */
  readonly #inherited: number | null;
  #told: { readonly atMs: number; readonly remainingMs: number } | null = null;
  #delayedBy: DelayCause | null = null;

  /** @param batchSize Images of one run. */
  constructor(batchSize: number, joined: JoinedWork | null = null) {
    this.#batchSize = batchSize;
    this.#counted = new CountedPace(joined);
    this.#inherited = joined?.remainingMs ?? null;
  }

  /** The request is sent: nothing is made before. */
  begin(nowMs: number): void {
    this.#counted.begin(this.#workTime(nowMs));
  }

  /** Takes in counters; `done`: images that are over by them. */
  takeCounters(counters: Counters, { done, nowMs }: {
    readonly done: number;
    readonly nowMs: number;
  }): void {
    const atMs = this.#workTime(nowMs);
    const { loadingModels, liveGens, waitingGens } = counters;
    const wasPaused = this.#pausedBy !== null;
    this.#pausedBy = waitingGens === 0 || liveGens > 0
      ? null
      : loadingModels > 0
      ? "loading"
      : counters.waitingBackends > 0
      ? "waiting"
      : null;
    if (!wasPaused) this.#pausedSinceMs = nowMs;
    if (this.#counted.look({ atMs, done }, { isAtWork: liveGens > 0 })) this.#endDelay();
  }

  /** Takes in how far the steps of an image are, 0–1; 0: they have not begun. */
  takeSteps(index: number, { moved, nowMs }: {
    readonly moved: number;
    readonly nowMs: number;
  }): void {
    const atMs = this.#workTime(nowMs);
    const image = this.#image(index, atMs);
    if (moved > image.moved) {
      image.moved = moved;
      image.movedAtMs = atMs;
    }
    const moving = [...this.#images.values()].filter((one) =>
      !one.isOver && one.moved > 0 && one.moved < 1
    );
    this.#workers = Math.max(this.#workers, moving.length);
  }

  /** Takes in that an image is finished. */
  takeImage(index: number, nowMs: number): void {
    const atMs = this.#workTime(nowMs);
    const image = this.#image(index, atMs);
    if (image.isOver) return;
    image.isOver = true;
    const tookMs = atMs - image.startedMs;
    // The others of a batch come with the first one.
    if (tookMs > 0 && (image.moved > 0 || this.#batchSize === 1)) this.#timesMs.push(tookMs);
    this.#lastEndMs = atMs;
    this.#endDelay();
  }

  /** What is left of so many images. */
  of(left: number, nowMs: number): RemainingTime {
    const atMs = this.#workTime(nowMs);
    if (left === 0) return { remainingMs: 0, delayedBy: null };
    // Over plain HTTP all images come at the end, and say nothing of their times.
    const measured = (this.#images.size === 0 ? null : this.#byImages(left, atMs)) ??
      this.#counted.remainingMs(left, atMs);
    const remainingMs = this.#hold(measured, atMs);
    if (remainingMs !== null) this.#told = { atMs, remainingMs };
    return { remainingMs, delayedBy: this.#delayedBy };
  }

  /** What was told before counts down, unless less is left, or clearly more. */
  #hold(measured: number | null, atMs: number): number | null {
    if (this.#told === null) return measured ?? this.#inherited;
    const expected = Math.max(0, this.#told.remainingMs - (atMs - this.#told.atMs));
    if (measured === null) return expected > 0 ? expected : null;
    if (measured <= expected) return measured;
    if (measured < SLOWER_FACTOR * expected + SLOWER_MS) return expected;
    this.#delayedBy = "slower";
    return measured;
  }

  #byImages(left: number, atMs: number): number | null {
    const underWay = [...this.#images.values()].filter(({ isOver }) => !isOver);
    const times = underWay.map((image) => this.#wholeTime(image));
    const known = times.filter((time) => time !== null);
    const measured = meanOf(this.#timesMs) ?? (known.length === 0 ? null : Math.max(...known));
    if (measured === null) return null;
    const each = MARGIN * measured;
    const runs = Math.ceil(left / this.#batchSize);
    const workers = Math.min(this.#workers, runs);
    const free = underWay.map(({ startedMs }, at) =>
      Math.max(0, (times[at] ?? each) - (atMs - startedMs))
    );
    return lastEnd(free, { workers, waiting: Math.max(0, runs - underWay.length), each });
  }

  /** How long an image takes in all; `null`: not known. */
  #wholeTime({ startedMs, moved, movedAtMs }: ImageTime): number | null {
    const own = moved > 0 && movedAtMs > startedMs
      ? (movedAtMs - startedMs) / (STEPS_SHARE * moved)
      : null;
    const mean = meanOf(this.#timesMs);
    if (mean === null || own === null) return mean ?? own;
    return moved >= TOLD_SHARE && own > SLOWER_FACTOR * mean ? own : mean;
  }

  #image(index: number, atMs: number): ImageTime {
    const known = this.#images.get(index);
    if (known !== undefined) return known;
    // What comes between two images belongs to the later one; its picture may still be on its way.
    const isBefore = [...this.#images.values()].some((one) => !one.isOver && one.moved === 1);
    const startedMs = isBefore ? atMs : this.#lastEndMs ?? atMs;
    this.#lastEndMs = null;
    const image = { startedMs, moved: 0, movedAtMs: startedMs, isOver: false };
    this.#images.set(index, image);
    return image;
  }

  /** The clock of work: it stands still while nothing is made. */
  #workTime(nowMs: number): number {
    const fromMs = Math.max(this.#seenMs ?? nowMs, this.#pausedSinceMs + SHORT_PAUSE_MS);
    this.#seenMs = nowMs;
    if (this.#pausedBy !== null && nowMs > fromMs) {
      this.#pausedMs += nowMs - fromMs;
      if (this.#told !== null) this.#delayedBy = this.#pausedBy;
    }
    return nowMs - this.#pausedMs;
  }

  #endDelay(): void {
    if (this.#pausedBy === null) this.#delayedBy = null;
  }
}

/** When the last of all images ends, where each worker takes the next one as soon as it is free. */
function lastEnd(free: readonly number[], about: {
  readonly workers: number;
  readonly waiting: number;
  readonly each: number;
}): number {
  const { workers, waiting, each } = about;
  // What is more than there are workers is about to end; a worker without an image begins at once.
  const ends = [...free, ...Array.from({ length: workers }, () => 0)]
    .sort((one, other) => other - one).slice(0, Math.max(1, workers));
  const rounds = Math.floor(waiting / ends.length);
  const more = waiting % ends.length;
  // The sooner a worker is free, the more it takes.
  return Math.max(
    ...ends.map((end, at) => end + each * (rounds + (at >= ends.length - more ? 1 : 0))),
  );
}

function meanOf(times: readonly number[]): number | null {
  return times.length === 0 ? null : times.reduce((sum, time) => sum + time, 0) / times.length;
}
