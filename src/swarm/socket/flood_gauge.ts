/** Limits how much a server may send over one WebSocket, and how fast. Pure. */

/** How much may come at once, for example after a pause. A generation needs far less. */
const BURST = { frames: 300_000, size: 512 * 1024 * 1024 };
/** How much more may come in each second. Even previews of every step need less. */
const PER_SECOND = { frames: 5_000, size: 8 * 1024 * 1024 };

/** Counts what comes. Unused allowance is kept, up to one burst. */
export class FloodGauge {
  readonly #frames: Allowance;
  readonly #size: Allowance;

  /** @param nowMs A clock that never goes back, in milliseconds. */
  constructor(nowMs: () => number) {
    this.#frames = new Allowance(BURST.frames, { perSecond: PER_SECOND.frames, nowMs });
    this.#size = new Allowance(BURST.size, { perSecond: PER_SECOND.size, nowMs });
  }

  /** Counts one frame, and says whether there were too many. */
  isCrowded(): boolean {
    return !this.#frames.take(1);
  }

  /** Counts what a message holds, in bytes or characters, and says whether it was too much. */
  isFull(size: number): boolean {
    return !this.#size.take(size);
  }
}

/** An amount that grows with time, up to a maximum. */
class Allowance {
  readonly #most: number;
  readonly #perMs: number;
  readonly #nowMs: () => number;
  #left: number;
  #lastMs: number;

  constructor(
    most: number,
    { perSecond, nowMs }: { readonly perSecond: number; readonly nowMs: () => number },
  ) {
    this.#most = most;
    this.#perMs = perSecond / 1000;
    this.#nowMs = nowMs;
    this.#left = most;
    this.#lastMs = nowMs();
  }

  /** Takes some of it, and says whether there was enough. */
  take(amount: number): boolean {
    const nowMs = this.#nowMs();
    this.#left = Math.min(this.#most, this.#left + (nowMs - this.#lastMs) * this.#perMs) - amount;
    this.#lastMs = nowMs;
    return this.#left >= 0;
  }
}
