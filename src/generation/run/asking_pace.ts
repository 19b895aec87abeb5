/**
 * How often a server is asked for a session's counters where they alone tell of its images: often at
 * first and after each image, so that the time of short images is measured well. Pure except for its
 * own memory. Times are in milliseconds on the monotonic clock.
 */
import type { Counters } from "../server/counters.ts";

/** Time between two questions, in milliseconds. */
const OFTEN_MS = 250;
const SELDOM_MS = 1_000;
/** How long it is asked often, in milliseconds. */
const OFTEN_FOR_MS = 10_000;

/** The pace for one session. */
export class AskingPace {
  #waiting: number | null = null;
  #changedMs: number;

  constructor(nowMs: number) {
    this.#changedMs = nowMs;
  }

  /** Takes in an answer. */
  see({ waitingGens }: Counters, nowMs: number): void {
    if (waitingGens !== this.#waiting) this.#changedMs = nowMs;
    this.#waiting = waitingGens;
  }

  /** Milliseconds until the next question. */
  pauseMs(nowMs: number): number {
    return nowMs - this.#changedMs < OFTEN_FOR_MS ? OFTEN_MS : SELDOM_MS;
  }
}
