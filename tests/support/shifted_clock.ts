import { SystemClock } from "../../src/system/system_clock.ts";

/** The real time, shifted: whoever looks is so much later, or earlier, than the records. */
export class ShiftedClock extends SystemClock {
  readonly #shiftMs: number;

  /** @param shiftMs Milliseconds that it is ahead of the real time. */
  constructor(shiftMs: number) {
    super();
    this.#shiftMs = shiftMs;
  }

  override now(): number {
    return super.now() + this.#shiftMs;
  }
}

/** The real time, on a wall clock that stands still: ages do not depend on how long a test takes. */
export class StoppedClock extends SystemClock {
  readonly #nowMs: number;

  /** @param nowMs What it shows, in epoch milliseconds. */
  constructor(nowMs: number) {
    super();
    this.#nowMs = nowMs;
  }

  override now(): number {
    return this.#nowMs;
  }
}
