/** The four counters, and who is counted in them (`swarmui-protocol.md §5.1`). */

/** Counters as they travel. */
export interface WireCounters {
  /** Image runs not yet over, live ones included. */
  readonly waiting_gens: number;
  readonly loading_models: number;
  readonly waiting_backends: number;
  readonly live_gens: number;
}

const NOTHING: WireCounters = {
  waiting_gens: 0,
  loading_models: 0,
  waiting_backends: 0,
  live_gens: 0,
};

/** What one request holds of the counters. */
export class Claim {
  readonly #onRelease: () => void;
  #counters: WireCounters;
  #isReleased = false;

  /** @param onRelease Called once, when the request is over. */
  constructor(runs: number, onRelease: () => void) {
    this.#counters = { ...NOTHING, waiting_gens: runs };
    this.#onRelease = onRelease;
  }

  /** What it holds now. */
  get counters(): WireCounters {
    return this.#counters;
  }

  /** One more. After the release nothing is counted any more. */
  extend(counted: keyof WireCounters): void {
    if (this.#isReleased) return;
    this.#counters = { ...this.#counters, [counted]: this.#counters[counted] + 1 };
  }

  /** One fewer; never below zero. */
  complete(counted: keyof WireCounters): void {
    const left = Math.max(0, this.#counters[counted] - 1);
    this.#counters = { ...this.#counters, [counted]: left };
  }

  /** The request is over: all that it still held falls away. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#counters = NOTHING;
    this.#onRelease();
  }
}

/** Adds up claims. */
export function sumOfClaims(claims: readonly Claim[]): WireCounters {
  return claims.reduce((sum, { counters }) => ({
    waiting_gens: sum.waiting_gens + counters.waiting_gens,
    loading_models: sum.loading_models + counters.loading_models,
    waiting_backends: sum.waiting_backends + counters.waiting_backends,
    live_gens: sum.live_gens + counters.live_gens,
  }), NOTHING);
}
