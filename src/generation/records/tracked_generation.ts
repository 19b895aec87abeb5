/** A generation of this process, as the rest of the program moves it on. */
import type { DelayCause } from "../run/remaining_time.ts";
import type { ServerSession } from "../session.ts";
import type { EndOutcome } from "./end_log.ts";

/** A generation of this process. */
export interface TrackedGeneration {
  readonly id: string;
  readonly startedAt: number;
  /**
   * Publishes `starting` and the session of the work. Await it before sending the request.
   *
   * @param model As the server names it; `null`: not known.
   * @param batchSize Images of one run. @default {1}
   */
  starting(session: ServerSession, model?: string | null, batchSize?: number): Promise<void>;
  /** Publishes whether it is waiting for a backend. */
  queued(isQueued: boolean): void;
  /**
   * Publishes progress; the first call makes the status `generating`. Values that are smaller than
   * before, or not a number, are ignored.
   *
   * @param seen.progress Fraction 0–1 of the whole generation; more counts as 1.
   * @param seen.imagesDone Image runs that are over.
   * @param seen.remainingMs The remaining time in milliseconds; `null` or absent: not known.
   */
  progress(seen: {
    readonly progress: number;
    readonly imagesDone: number;
    readonly remainingMs?: number | null;
    readonly delayedBy?: DelayCause | null;
  }): void;
  /**
   * The server's work is known to be over: removes the record everywhere. Nothing is published
   * after this. If both `finish()` and `leave()` are called, the first one counts.
   *
   * @param outcome How it ended. @default {"finished"}
   */
  finish(outcome?: EndOutcome): Promise<void>;
  /**
   * The server may go on without this process: leaves the record as it is, so that others can watch
   * and cancel it. Nothing is published after this.
   */
  leave(): Promise<void>;
}
