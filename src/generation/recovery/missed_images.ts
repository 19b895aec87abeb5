/**
 * Finds pictures that were made and never told: an answer over plain HTTP holds none if one of its
 * images failed or was interrupted, and no answer comes to who has left (`swarmui-protocol.md
 * §8.2`).
 */
import { ServerRefusedError } from "../../errors.ts";
import { findImages, type FindOptions, type ImageTrail } from "./find_images.ts";
import type { HeardRun } from "../run/heard_run.ts";
import { stoppedLook } from "./recover_generation.ts";

/** A generation whose work is over. */
export interface EndedRun extends Pick<FindOptions, "server" | "session" | "clock"> {
  readonly heard: HeardRun;
  readonly trail: ImageTrail;
  /** What ended its connection; `null`: nothing, or it was stopped. */
  readonly cause: Error | null;
  /** Aborted if it was stopped: then there is little time. */
  readonly stop: AbortSignal;
  /** Ends the search. */
  readonly leave: AbortSignal;
}

/**
 * Looks for pictures that only the server's history knows of, and adds them to what was heard.
 *
 * @returns Whether there may be more of them.
 */
export async function takeMissed(run: EndedRun): Promise<boolean> {
  const { heard, trail, cause, stop, leave, clock } = run;
  const { images, extras } = heard.pictures();
  if (!heard.isHttp || images.length + extras.length > 0) return false;
  if (cause instanceof ServerRefusedError) return false;
  // The only image of an answer without one was not made.
  if (heard.isOver && trail.images === 1) return false;
  using time = stop.aborted ? stoppedLook({ clock, giveUp: leave }) : null;
  const found = await findImages(trail, { ...run, known: [], giveUp: leave, ...time });
  heard.collected.recover(found.images);
  return found.mayBeMore;
}
