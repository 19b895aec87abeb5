/** Asks the server itself while a generation's connection is silent. */
import { ConnectionLostError, ServerUnreachableError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import type { Counters } from "../server/counters.ts";
import { showsWork } from "../server/counters.ts";
import { QUESTION_LIMIT_MS, QUESTIONS_MIN } from "../recovery/follow_work.ts";
import type { ImageServer } from "../server/image_server.ts";
import type { ServerSession } from "../session.ts";
import { AskingPace } from "./asking_pace.ts";
import { limitTime, untilAborted } from "../until_aborted.ts";

/** How long the connection must be silent before the server is asked, in milliseconds. */
const SILENCE_MS = 15_000;
/** Time between two such questions, in milliseconds; over plain HTTP `AskingPace` says it. */
const ASK_INTERVAL_MS = 2_000;
/**
 * How long the counters may be zero without an answer before the generation counts as failed, in
 * milliseconds.
 */
const ZERO_LIMIT_MS = 30_000;
/**
 * How long the connection may be silent, while the server does not give its counters either, before
 * the server is given up, in milliseconds. Four leases: a restart or a short outage is waited out.
 */
const LOST_LIMIT_MS = 120_000;

/** A generation whose connection is watched. */
export interface WatchedGeneration {
  readonly server: Pick<ImageServer, "url" | "sessionCounters">;
  readonly session: ServerSession;
  readonly clock: Clock;
  /** Ends the watch. */
  readonly ended: AbortSignal;
  /**
   * When something last came over the connection, on the monotonic clock; `null`: nothing was sent.
   */
  readonly heardMs: () => number | null;
  /** True in HTTP mode, where nothing comes before the end. */
  readonly isAlwaysSilent: () => boolean;
  /** Called when the counters show that the server is working on it. */
  readonly onWork: (counters: Counters) => void;
}

/** Why listening any longer is useless. `isOver`: the server's work is known to be over. */
export interface SilentEnd {
  readonly isOver: boolean;
  readonly cause: ServerUnreachableError;
}

/** Watches a generation to its end. @returns `null` if it ended by itself. */
export async function watchSilence(watched: WatchedGeneration): Promise<SilentEnd | null> {
  const { server, session, clock, ended } = watched;
  let zeroSinceMs: number | null = null;
  let answeredMs = clock.monotonicMs();
  let unanswered = 0;
  const pace = new AskingPace(answeredMs);
  while (!ended.aborted) {
    const isPaced = watched.isAlwaysSilent();
    await clock.sleep(isPaced ? pace.pauseMs(clock.monotonicMs()) : ASK_INTERVAL_MS, ended);
    const nowMs = clock.monotonicMs();
    const heardMs = watched.heardMs();
    if (ended.aborted || heardMs === null) continue;
    if (!watched.isAlwaysSilent() && nowMs - heardMs < SILENCE_MS) {
      zeroSinceMs = null;
      continue;
    }
    // The user may allow a question an hour; this limit holds all the same.
    using limit = limitTime(QUESTION_LIMIT_MS, { clock, giveUp: ended });
    const counters = await untilAborted(server.sessionCounters(session), limit.signal)
      .catch(() => null);
    if (ended.aborted) continue;
    if (counters === null) {
      // What came in the meantime counts too.
      const lastMs = Math.max(watched.heardMs() ?? heardMs, answeredMs);
      unanswered++;
      if (clock.monotonicMs() - lastMs >= LOST_LIMIT_MS && unanswered >= QUESTIONS_MIN) {
        return { isOver: false, cause: lost(server.url) };
      }
      continue;
    }
    answeredMs = nowMs;
    unanswered = 0;
    if (counters !== "gone" && showsWork(counters)) {
      zeroSinceMs = null;
      pace.see(counters, nowMs);
      watched.onWork(counters);
      continue;
    }
    zeroSinceMs ??= nowMs;
    if (counters === "gone" || nowMs - zeroSinceMs >= ZERO_LIMIT_MS) {
      return { isOver: true, cause: forgotten(server.url, counters === "gone") };
    }
  }
  return null;
}

/** The work is over, and the connection did not say so. */
function forgotten(url: string, isGone: boolean): ConnectionLostError {
  const found = isGone ? "no longer knows it" : "has stopped working but never answered";
  return new ConnectionLostError(
    "Cannot finish the generation",
    `${url} ${found}`,
    "was the server restarted? generate again",
  );
}

function lost(url: string): ServerUnreachableError {
  return new ServerUnreachableError(
    `Cannot follow the generation: ${url} has not answered for ${LOST_LIMIT_MS / 60_000} minutes ` +
      '(see "asset-generator status" when it is back)',
  );
}
