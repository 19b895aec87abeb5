import { SystemClock } from "../../src/system/system_clock.ts";

/** Real time, but faster: two minutes of waiting are a few seconds of a test. */
export class FastClock extends SystemClock {
  readonly #factor: number;
  readonly #startedMs = Date.now();

  constructor(factor: number) {
    super();
    this.#factor = factor;
  }

  override now(): number {
    return this.#startedMs + (super.now() - this.#startedMs) * this.#factor;
  }

  override monotonicMs(): number {
    return super.monotonicMs() * this.#factor;
  }

  override sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return super.sleep(delayMs / this.#factor, signal);
  }
}
