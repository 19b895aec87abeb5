/** Since when backends are switched off, as far as this user's looks know. */
import { isSwitchedOff } from "./standing.ts";
import type { Backend, SwarmServer } from "./swarm_server.ts";

/**
 * When looks of this user first saw each backend that is off now, epoch milliseconds by its id; kept
 * for later looks, and written only when it changes.
 *
 * @returns Nothing of them where it cannot be kept: then each look would be the first one.
 */
export async function firstSeenOff(
  server: Pick<SwarmServer, "offSince" | "keepOffSince">,
  seen: { readonly backends: readonly Backend[]; readonly nowMs: number },
): Promise<ReadonlyMap<number, number>> {
  const kept = server.offSince();
  const offSince = new Map<number, number>();
  for (const { id } of seen.backends.filter(isSwitchedOff)) {
    const sinceMs = kept.get(id) ?? seen.nowMs;
    // One in the future was told by a clock that has been set back since.
    offSince.set(id, Math.min(sinceMs, seen.nowMs));
  }
  const isKept = offSince.size === kept.size &&
    [...offSince].every(([id, sinceMs]) => kept.get(id) === sinceMs);
  return isKept || await server.keepOffSince(offSince) ? offSince : new Map();
}
