/** Stops a generation on its server and checks that it stopped (`docs/generate.md`). */
import type { Clock } from "../clock.ts";
import { showsWork } from "../server/counters.ts";
import type { ImageServer } from "../server/image_server.ts";
import type { ServerSession } from "../session.ts";
import { limitTime, untilAborted } from "../until_aborted.ts";

/** How long the counters may take to fall by default, in milliseconds. */
export const STOP_TIMEOUT_MS = 10_000;
/** Time between two looks at the counters, in milliseconds. */
const LOOK_INTERVAL_MS = 200;
/** How long to ask about the work of a lost connection, in milliseconds. */
const CONFIRM_TIMEOUT_MS = 3_000;
/**
 * Time between two zero answers that prove that no request is still on its way, in milliseconds.
 */
const SETTLE_MS = 1_000;

/** What a stop needs. */
export interface StopOptions {
  readonly server: Pick<ImageServer, "interrupt" | "sessionCounters">;
  readonly clock: Clock;
  /**
   * True once the server was seen to have taken the request. Before that an interrupt may overtake
   * it and stop nothing, so it is repeated until the counters read zero twice, a second apart.
   */
  readonly accepted: boolean;
  /** How long the counters may take to fall, in milliseconds. @default {10000} */
  readonly withinMs?: number;
  /** Gives up at once, for example at a second Ctrl-C. */
  readonly giveUp: AbortSignal;
}

/**
 * What is known about a session's work after an interrupt. `stopped`: its counters are zero.
 * `lost`: they are zero, or the session is no longer known, but the server was away in between: it
 * may have been restarted. `held`: the server accepted the interrupt, and still counted the work
 * when the time was up, as while a ComfyUI hangs (`swarmui-protocol.md §20.13`). `working`: none of
 * these in that time, or given up.
 */
export type StopOutcome = "stopped" | "lost" | "held" | "working";

/**
 * Interrupts exactly one session's work and waits until its counters are zero. Never throws if the
 * server does not answer: it asks again until the time is up.
 */
export async function stopGeneration(
  session: ServerSession,
  options: StopOptions,
): Promise<StopOutcome> {
  const { server, clock } = options;
  using limit = limitTime(options.withinMs ?? STOP_TIMEOUT_MS, options);
  let interrupted = false;
  let wasAway = false;
  let isCounted = false;
  let zeroSinceMs: number | null = null;
  while (!limit.signal.aborted) {
    try {
      // Each question may hang far longer than this program may stay.
      if (!interrupted || !options.accepted) {
        await untilAborted(server.interrupt(session), limit.signal);
        if (limit.signal.aborted) break;
      }
      interrupted = true;
      const counters = await untilAborted(server.sessionCounters(session), limit.signal);
      if (counters === null) break;
      if (counters === "gone") return "lost";
      const nowMs = clock.monotonicMs();
      isCounted = showsWork(counters);
      if (isCounted) zeroSinceMs = null;
      else if (options.accepted) return wasAway ? "lost" : "stopped";
      else if (zeroSinceMs === null) zeroSinceMs = nowMs;
      else if (nowMs - zeroSinceMs >= SETTLE_MS) return wasAway ? "lost" : "stopped";
    } catch {
      // The server did not answer this time; the end of the loop decides when to stop asking.
      zeroSinceMs = null;
      wasAway = true;
    }
    await clock.sleep(LOOK_INTERVAL_MS, limit.signal);
  }
  return isCounted && !options.giveUp.aborted ? "held" : "working";
}

/**
 * After a broken connection: says whether a session's work is known to be over. Asks for a few
 * seconds. A server that is working, or does not answer, does not count as over.
 */
export async function isKnownOver(
  session: ServerSession,
  options: Omit<StopOptions, "server"> & { readonly server: Pick<ImageServer, "sessionCounters"> },
): Promise<boolean> {
  const { server, clock } = options;
  using limit = limitTime(CONFIRM_TIMEOUT_MS, options);
  let zeroSinceMs: number | null = null;
  while (!limit.signal.aborted) {
    const counters = await untilAborted(server.sessionCounters(session), limit.signal)
      .catch(() => null);
    if (counters === "gone") return true;
    const nowMs = clock.monotonicMs();
    if (counters === null) zeroSinceMs = null;
    else if (showsWork(counters)) return false;
    else if (options.accepted) return true;
    else if (zeroSinceMs === null) zeroSinceMs = nowMs;
    else if (nowMs - zeroSinceMs >= SETTLE_MS) return true;
    await clock.sleep(LOOK_INTERVAL_MS, limit.signal);
  }
  return false;
}

/**
 * After the server was away: says whether it is still the run of the server that took the work. A
 * restarted server knows its old sessions and counts nothing for them, while its ComfyUI goes on
 * with earlier jobs (`swarmui-protocol.md §1.3, §20.5`). Asking makes a session on the server.
 *
 * @returns `false` also if this cannot be known.
 */
export async function isSameRun(
  session: ServerSession,
  options: Pick<StopOptions, "clock" | "giveUp" | "withinMs"> & {
    readonly server: Pick<ImageServer, "newSession">;
  },
): Promise<boolean> {
  using limit = limitTime(options.withinMs ?? CONFIRM_TIMEOUT_MS, options);
  if (session.serverId === null || limit.signal.aborted) return false;
  const present = await untilAborted(options.server.newSession(), limit.signal).catch(() => null);
  return present?.serverId === session.serverId;
}
