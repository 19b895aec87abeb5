/** The time to look for pictures after a generation was stopped, when its process is to end soon. */
import type { FindOptions } from "../recovery/find_images.ts";
import { limitTime } from "../until_aborted.ts";

/** SwarmUI lists a picture within a second (`swarmui-protocol.md §20.7`). */
const LISTED_WITHIN_MS = 1_000;
/** The same, and time for the answers, in milliseconds. */
const LOOK_MS = 1_750;

/** Limits a search for pictures; disposing stops the timer. */
export function stoppedLook(
  by: Parameters<typeof limitTime>[1],
): Required<Pick<FindOptions, "giveUp" | "listedWithinMs">> & Disposable {
  const limit = limitTime(LOOK_MS, by);
  return {
    giveUp: limit.signal,
    listedWithinMs: LISTED_WITHIN_MS,
    [Symbol.dispose]: () => limit[Symbol.dispose](),
  };
}
