/** A server that cannot be asked, because something needed for it is missing. Pure. */
import type { NoAnswer } from "./answer.ts";
import type { SwarmServer } from "./swarm_server.ts";

/**
 * Makes a server that answers every question with the same reason, so that the code for servers
 * works for this one too. The records of its generations are still read.
 *
 * @param url Normalised base URL without user info; empty: its address makes no sense.
 */
export function unaskableServer(
  url: string,
  why: Pick<NoAnswer, "reason" | "message" | "needs">,
): SwarmServer {
  const answer = (): Promise<NoAnswer> =>
    Promise.resolve({ answered: false, ...why, elapsedMs: 0 });
  return {
    url,
    globalCounters: answer,
    backends: answer,
    modelTotals: answer,
    resources: answer,
    comfyQueue: answer,
    sessionCounters: answer,
    renewIdentity: answer,
    identity: () => null,
    offSince: () => new Map(),
    keepOffSince: () => Promise.resolve(false),
  };
}
