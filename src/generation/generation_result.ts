/** How a generation ended, and what came of it. */
import type { MadeImage } from "./image_server.ts";
import type { EndOutcome } from "./store.ts";

/** How it ended. */
export interface GenerationResult {
  /**
   * `complete`: every image asked for arrived and nothing went wrong. `interrupted`: stopped by us
   * or from elsewhere, which also shows as fewer images without any error. `detached`: left to the
   * server, as it was asked for.
   */
  readonly state: "complete" | "interrupted" | "timed_out" | "failed" | "detached";
  /** Finished images by index, those that the server discarded left out. */
  readonly images: readonly MadeImage[];
  /** What came besides: a grid, intermediate pictures, other outputs of the workflow. */
  readonly extras: readonly MadeImage[];
  /** The server's own words, foreign text. */
  readonly errors: readonly string[];
  /** What came that could not be read or used, in lower case; may hold foreign text. */
  readonly doubts: readonly string[];
  /** The limits that were reached, as sentences. */
  readonly notes: readonly string[];
  /**
   * True if the server may still be working: the record was left for others to see. `null`: SwarmUI is
   * not, but it may have been started again, and its ComfyUI goes on with the jobs of before.
   */
  readonly serverMayWork: boolean | null;
  /** True if the server took the interrupt and still counted the work seconds later. */
  readonly isHeld: boolean;
  /** Why it is not what was asked for, beside what the server said of it. */
  readonly cause: Error | null;
  /** True if pictures that are not here may have been made: not all that there is could be seen. */
  readonly mayBeMore: boolean;
  /**
   * True if the server is known to have queued nothing of it: the request never left, or an error was
   * all that came back. Then another server may be asked.
   */
  readonly wasRefused?: boolean;
}

/** How one ended that was not left to the server. */
export type EndedState = Exclude<GenerationResult["state"], "detached">;

/** What came of a generation whose work is over. */
export type GenerationHarvest = Pick<GenerationResult, "images" | "extras"> & {
  readonly state: EndedState;
};

const OUTCOMES: Readonly<Record<EndedState, EndOutcome>> = {
  complete: "finished",
  interrupted: "cancelled",
  timed_out: "cancelled",
  failed: "failed",
};

/** How an end is told to others. */
export function outcomeOf(state: EndedState): EndOutcome {
  return OUTCOMES[state];
}
