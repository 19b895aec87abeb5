/** The port through which a generation tells how it ended, after its record is gone. */

/** How a generation ended, as its own process saw it. */
export type EndOutcome = "finished" | "failed" | "cancelled";

/** A generation that has ended. */
export interface GenerationEnd {
  readonly id: string;
  readonly outcome: EndOutcome;
  /** Epoch milliseconds. */
  readonly endedAt: number;
}

/** The ends of this user's generations, kept for a day. It holds no secret. */
export interface EndLog {
  /** Tells an end; a failure to do so is not an error: watchers then see that it ended, not how. */
  put(end: GenerationEnd): Promise<void>;
  /** How a generation ended; `null` if nobody told. Never throws. */
  find(id: string): Promise<GenerationEnd | null>;
}
