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
