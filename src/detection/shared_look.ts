/** One look at a time, shared by all who ask: however many they are, the server is asked once. */
import type { Claim } from "../generation/claim.ts";
import type { Clock } from "../generation/clock.ts";
import type { DetectionReport } from "./report.ts";

/** Shortest time from the start of a look to the start of the next, in milliseconds. */
const LOOK_GAP_MS = 50;

/** The result of a look. */
export interface SeenReport {
  readonly report: DetectionReport;
  /** Why the server itself gave no report, in the form that documents have; `null`: it gave one. */
  readonly error: { readonly code: string; readonly message: string } | null;
  /** The claims on the server; `null`: not known. */
  readonly claims: readonly Claim[] | null;
  /** When the look began, on the monotonic clock; what it saw may be that old. */
  readonly startedMs: number;
}

/** Shares each look among all callers that wait for one, and keeps the newest. */
export class SharedLook {
  readonly #clock: Clock;
  readonly #take: () => Promise<Omit<SeenReport, "startedMs">>;
  readonly #freshMs: () => number;
  #newest: SeenReport | null = null;
  #running: Promise<SeenReport> | null = null;
  #next: Promise<SeenReport> | null = null;
  #startedMs = -Infinity;
  #count = 0;
  #answeredAtMs: number | null = null;

  /**
   * @param parts.take Looks; never called while a look is running.
   * @param parts.freshMs How old an answer may be if the caller does not say, in milliseconds;
   * evaluated at each call.
   */
  constructor(parts: {
    readonly clock: Clock;
    readonly take: () => Promise<Omit<SeenReport, "startedMs">>;
    readonly freshMs: () => number;
  }) {
    this.#clock = parts.clock;
    this.#take = parts.take;
    this.#freshMs = parts.freshMs;
  }

  /** The newest look; `null` before the first. */
  get newest(): SeenReport | null {
    return this.#newest;
  }

  /** How many looks there were. */
  get count(): number {
    return this.#count;
  }

  /** When the server answered last, epoch milliseconds; `null`: never. */
  get answeredAtMs(): number | null {
    return this.#answeredAtMs;
  }

  /** Whether a look is under way. */
  get isLooking(): boolean {
    return this.#running !== null;
  }

  /** How old a look is, in milliseconds. */
  ageMs(seen: SeenReport): number {
    return Math.max(0, this.#clock.monotonicMs() - seen.startedMs);
  }

  /** The newest look if it is younger than `maxAgeMs` milliseconds, else a new one. */
  async seen(maxAgeMs: number = this.#freshMs()): Promise<SeenReport> {
    const newest = this.#newest;
    if (newest !== null && this.ageMs(newest) < maxAgeMs) return newest;
    return await this.look();
  }

  /** A look that begins after this call; all who wait for it get the same one. */
  look(): Promise<SeenReport> {
    return this.#next ??= this.#lookAfter(this.#running);
  }

  async #lookAfter(running: Promise<SeenReport> | null): Promise<SeenReport> {
    // If that look fails, its own callers are told.
    await running?.catch(() => {});
    const waitMs = this.#startedMs + LOOK_GAP_MS - this.#clock.monotonicMs();
    if (waitMs > 0) await this.#clock.sleep(waitMs);
    this.#next = null;
    const look = this.#look();
    this.#running = look;
    try {
      return await look;
    } finally {
      if (this.#running === look) this.#running = null;
    }
  }

  async #look(): Promise<SeenReport> {
    const startedMs = this.#clock.monotonicMs();
    this.#startedMs = startedMs;
    const seen = { ...await this.#take(), startedMs };
    this.#newest = seen;
    this.#count++;
    if (seen.report.reach === "online") this.#answeredAtMs = seen.report.takenAt;
    return seen;
  }
}
