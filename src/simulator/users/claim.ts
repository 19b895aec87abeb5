/** The four counters, and what each request adds to them (`swarmui-protocol.md §5.1`). */

/** The counters as the API sends them. */
export interface WireCounters {
  /** Image runs that are not over, including live ones. */
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

/** What one request adds to the counters. */
export class Claim {
  readonly #onRelease: () => void;
  #counters: WireCounters;
  #isReleased = false;

  /** @param onRelease Called once, when the request is over. */
  constructor(runs: number, onRelease: () => void) {
    this.#counters = { ...NOTHING, waiting_gens: runs };
    this.#onRelease = onRelease;
  }

  /** What it adds now. */
  get counters(): WireCounters {
    return this.#counters;
  }

  /** Adds one. After the release nothing is counted any more. */
  extend(counted: keyof WireCounters): void {
    if (this.#isReleased) return;
    this.#counters = { ...this.#counters, [counted]: this.#counters[counted] + 1 };
  }

  /** Removes one; never below zero. */
  complete(counted: keyof WireCounters): void {
    const left = Math.max(0, this.#counters[counted] - 1);
    this.#counters = { ...this.#counters, [counted]: left };
  }

  /** The request is over: everything that it still added is removed. */
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
