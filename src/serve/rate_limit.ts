/** How often each address may ask. */
import type { Clock } from "../generation/clock.ts";

/** Addresses that are remembered at most; the one that asked longest ago is forgotten. */
const MAX_ADDRESSES = 4_096;

/** Counts in buckets that fill again: so many at once, and so many a second for ever. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { left: number; atMs: number }>();

  /** @param limit.burst How many at once. @param limit.perSecond How many a second afterwards. */
  constructor(clock: Clock, limit: { readonly burst: number; readonly perSecond: number }) {
    this.#clock = clock;
    this.#burst = limit.burst;
    this.#perSecond = limit.perSecond;
  }

  /** Whether an address has one left. */
  has(address: string): boolean {
    return this.#leftOf(address) >= 1;
  }

  /** Takes one from an address. @returns Whether there was one. */
  take(address: string): boolean {
    const left = this.#leftOf(address);
    this.#buckets.delete(address);
    this.#buckets.set(address, {
      left: left < 1 ? left : left - 1,
      atMs: this.#clock.monotonicMs(),
    });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_ADDRESSES && oldest !== undefined) this.#buckets.delete(oldest);
    return left >= 1;
  }

  #leftOf(address: string): number {
    const bucket = this.#buckets.get(address);
    if (bucket === undefined) return this.#burst;
    const passedMs = this.#clock.monotonicMs() - bucket.atMs;
    return Math.min(this.#burst, bucket.left + passedMs * this.#perSecond / 1000);
  }
}
