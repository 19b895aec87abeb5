/** When `--detach` leaves a generation to the server. */
import type { Clock } from "../clock.ts";
import { isAtWork, isUnderWay, type RunSnapshot } from "./run_progress.ts";

/** How long a request that waits for a backend is still watched before it is left, in milliseconds. */
const WATCHED_MS = 500;

/**
 * Leaves as soon as the server makes images, or a moment after it has queued the request: what the
 * record says then is all that others know of its beginning.
 */
export class Departure {
  readonly #clock: Clock;
  readonly #connection: AbortController;
  readonly #listening: AbortSignal;
  #hasLeft = false;
  #isLeaving = false;

  /** @param by.listening Aborted when the connection has ended. */
  constructor(by: {
    readonly clock: Clock;
    readonly connection: AbortController;
    readonly listening: AbortSignal;
  }) {
    this.#clock = by.clock;
    this.#connection = by.connection;
    this.#listening = by.listening;
  }

  /** Whether it is left to the server. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** Looks at how far it is. `isSilent`: nothing comes over the connection that would end it. */
  see(snapshot: RunSnapshot, { isSilent }: { readonly isSilent: boolean }): void {
    if (!isUnderWay(snapshot) || this.#hasLeft) return;
    const isLost = this.#listening.aborted;
    if (isAtWork(snapshot) || isLost) {
      this.#hasLeft = true;
      if (isSilent || isLost) this.#connection.abort();
    } else if (!this.#isLeaving) {
      this.#isLeaving = true;
      void this.#leaveSoon();
    }
  }

  async #leaveSoon(): Promise<void> {
    await this.#clock.sleep(WATCHED_MS, this.#listening);
    if (this.#listening.aborted) return;
    this.#hasLeft = true;
    this.#connection.abort();
  }
}
