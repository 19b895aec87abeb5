import { STEP_MS } from "../../src/cli/later_looks.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import type { ManualClock } from "./manual_clock.ts";

/** Real time, shifted: a look with this clock is that much later, or earlier, than the records. */
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

/** Shorter sleeps are no pauses between looks, in milliseconds. */
const SHORT_MS = 200;

/** The real time, which jumps over the pauses of a look that settles; the server's time jumps too. */
export class JumpingClock extends ShiftedClock {
  readonly #server: ManualClock;
  #jumpedMs = 0;

  /** @param shiftMs As of `ShiftedClock`. */
  constructor(server: ManualClock, shiftMs: number = 0) {
    super(shiftMs);
    this.#server = server;
  }

  override now(): number {
    return super.now() + this.#jumpedMs;
  }

  override monotonicMs(): number {
    return super.monotonicMs() + this.#jumpedMs;
  }

  override async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    // A pause is what a look leaves of a step.
    if (delayMs > STEP_MS || delayMs < SHORT_MS) return await super.sleep(delayMs, signal);
    await this.#server.advance(STEP_MS);
    this.#jumpedMs += delayMs;
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

/** The real time, which jumps over the pauses of certain lengths; what limits a time stays as it is. */
export class HastyClock extends ShiftedClock {
  readonly #pausesMs: readonly number[];
  #jumpedMs = 0;

  /** @param shiftMs As of `ShiftedClock`. */
  constructor(pausesMs: readonly number[], shiftMs: number) {
    super(shiftMs);
    this.#pausesMs = pausesMs;
  }

  override now(): number {
    return super.now() + this.#jumpedMs;
  }

  override monotonicMs(): number {
    return super.monotonicMs() + this.#jumpedMs;
  }

  override async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (!this.#pausesMs.includes(delayMs)) return await super.sleep(delayMs, signal);
    await super.sleep(1, signal);
    this.#jumpedMs += delayMs;
  }
}
