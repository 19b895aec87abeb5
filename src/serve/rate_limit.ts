/** Limits how often each address may ask. */
import type { Clock } from "../generation/clock.ts";

/** The largest number of addresses remembered; the one that asked longest ago is forgotten. */
const MAX_ADDRESSES = 4_096;

/** A token bucket for each address: a number of requests at once, and then a rate. */
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

  /** Whether the address may ask now. */
  has(address: string): boolean {
    return this.#leftOf(address) >= 1;
  }

  /** Counts one request of an address. @returns Whether it was allowed. */
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
