/** The four counters, and who is counted in them (`swarmui-protocol.md §5.1`). */

/** Counters as they travel. */
export interface WireCounters {
  readonly waiting_gens: number;
  readonly loading_models: number;
  readonly waiting_backends: number;
  readonly live_gens: number;
}

/** What a claim counts. */
export type Counted = "runs" | "loads" | "waits" | "lives";

/**
 * What one request holds of the counters. `runs` counts image runs not yet over, live ones included.
 */
export class Claim {
  readonly #counts: Record<Counted, number>;
  readonly #onRelease: () => void;
  #isReleased = false;

  /** @param onRelease Called once, when the request is over. */
  constructor(runs: number, onRelease: () => void) {
    this.#counts = { runs, loads: 0, waits: 0, lives: 0 };
    this.#onRelease = onRelease;
  }

  /** How many there are of one kind. */
  get(counted: Counted): number {
    return this.#counts[counted];
  }

  /** One more. After the release nothing is counted any more. */
  extend(counted: Counted): void {
    if (!this.#isReleased) this.#counts[counted]++;
  }

  /** One fewer; never below zero. */
  complete(counted: Counted): void {
    this.#counts[counted] = Math.max(0, this.#counts[counted] - 1);
  }

  /** The request is over: all that it still held falls away. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    for (const counted of ["runs", "loads", "waits", "lives"] as const) this.#counts[counted] = 0;
    this.#onRelease();
  }
}

/** Adds up claims. */
export function sumOfClaims(claims: Iterable<Claim>): WireCounters {
  let runs = 0, loads = 0, waits = 0, lives = 0;
  for (const claim of claims) {
    runs += claim.get("runs");
    loads += claim.get("loads");
    waits += claim.get("waits");
    lives += claim.get("lives");
  }
  return { waiting_gens: runs, loading_models: loads, waiting_backends: waits, live_gens: lives };
}
