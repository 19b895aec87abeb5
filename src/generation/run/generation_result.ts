/** How a generation ended, and what it made. */
import type { MadeImage } from "../server/image_server.ts";
import type { EndOutcome } from "../records/end_log.ts";

/** How it ended. */
export interface GenerationResult {
  /**
   * `complete`: every requested image arrived and nothing went wrong. `interrupted`: stopped by us
   * or by somebody else, which also shows as fewer images without any error. `detached`: left to
   * the server, as requested.
   */
  readonly state: "complete" | "interrupted" | "timed_out" | "failed" | "detached";
  /** Finished images by index, without those that the server discarded. */
  readonly images: readonly MadeImage[];
  /** Other pictures: a grid, intermediate pictures, other outputs of the workflow. */
  readonly extras: readonly MadeImage[];
  /** The server's own messages; the text is not trusted. */
  readonly errors: readonly string[];
  /** What arrived but could not be read or used, in lower case; may contain untrusted text. */
  readonly doubts: readonly string[];
  /** The limits that were reached, as sentences. */
  readonly notes: readonly string[];
  /**
   * True if the server may still be working: the record was kept, so that others can see it.
   * `null`: SwarmUI is not working, but it may have been restarted, and its ComfyUI continues with
   * its earlier jobs.
   */
  readonly serverMayWork: boolean | null;
  /** True if the server accepted the interrupt but still counted the work seconds later. */
  readonly isHeld: boolean;
  /** Why the result is not what was requested, apart from the server's messages. */
  readonly cause: Error | null;
  /** True if there may be pictures that are not here: the tool could not see everything. */
  readonly mayBeMore: boolean;
  /**
   * True if the server certainly queued nothing: the request was never sent, or the only answer was
   * an error. Then another server may be asked.
   */
  readonly wasRefused?: boolean;
}

/** How a generation ended that was not left to the server. */
export type EndedState = Exclude<GenerationResult["state"], "detached">;

/** What a generation made whose work is over. */
export type GenerationHarvest = Pick<GenerationResult, "images" | "extras" | "mayBeMore"> & {
  readonly state: EndedState;
};

const OUTCOMES: Readonly<Record<EndedState, EndOutcome>> = {
  complete: "finished",
  interrupted: "cancelled",
  timed_out: "cancelled",
  failed: "failed",
};

/** How the end is reported to others. */
export function outcomeOf(state: EndedState): EndOutcome {
  return OUTCOMES[state];
}
