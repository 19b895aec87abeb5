/**
 * Follows a generation's work to its end by its session's counters, if its connection was lost or
 * belongs to another process.
 */
import { ServerUnreachableError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import type { Counters } from "../server/counters.ts";
import { showsWork } from "../server/counters.ts";
import type { ImageServer } from "../server/image_server.ts";
import type { ServerSession } from "../session.ts";
import { limitTime, untilAborted } from "../until_aborted.ts";

/** Time between two questions where nobody wants another one, in milliseconds. */
const ASK_INTERVAL_MS = 1_000;
/**
 * Time between two zero answers that prove that no request is still on its way, in milliseconds.
 */
const SETTLE_MS = 2_000;
/**
 * A server that has not answered for this long is given up, in milliseconds: longer than a restart
 * takes.
 */
export const AWAY_LIMIT_MS = 120_000;
/**
 * How long one question may take, in milliseconds, and how many in a row must fail before a server
 * is given up. A question that hangs in a lost connection says nothing about the server, however
 * long it hangs.
 */
export const QUESTION_LIMIT_MS = 40_000;
export const QUESTIONS_MIN = 3;
/** How long to try to learn which run of the server answers, in milliseconds. */
const RUN_WITHIN_MS = 10_000;
/**
 * If a sleep took this much longer than asked for, the machine itself was asleep. In milliseconds.
 */
const SLEPT_MS = 30_000;

/** The work to follow. */
export interface FollowedWork {
  readonly server: Pick<ImageServer, "url" | "sessionCounters" | "newSession">;
  readonly session: ServerSession;
  readonly clock: Clock;
  /** True once the server was seen to have the request. Before that, a zero may just be early. */
  readonly accepted: boolean;
  /** True if the server may have been restarted before it is asked. */
  readonly wasAway: boolean;
  /** Stops following; the end is then `left`. */
  readonly until: AbortSignal;
  readonly onCounters: (counters: Counters) => void;
  /** Time until the next question, in milliseconds. @default {1000} */
  readonly askAfterMs?: () => number;
}

/**
 * How it ended. `over`: the counters are zero; `isCertain`: and they certainly are of the run of
 * the server that took the work. `restarted`: another run of the server answers, which knows
 * nothing about the work. `away`: the server has not answered for a long time. `left`: the caller
 * stopped following.
 */
export type WorkEnd =
  | { readonly kind: "over"; readonly sawWork: boolean; readonly isCertain: boolean }
  | { readonly kind: "restarted" }
  | { readonly kind: "away"; readonly cause: ServerUnreachableError }
  | { readonly kind: "left" };

/** Follows work to its end. Never throws because of the server. */
export async function followWork(work: FollowedWork): Promise<WorkEnd> {
  const { server, session, clock, until } = work;
  let { wasAway } = work;
  let sawWork = false;
  let answeredMs = clock.monotonicMs();
  let unanswered = 0;
  let zeroSinceMs: number | null = null;
  while (!until.aborted) {
    using limit = limitTime(QUESTION_LIMIT_MS, { clock, giveUp: until });
    const counters = await untilAborted(server.sessionCounters(session), limit.signal)
      .catch(() => null);
    if (until.aborted) break;
    const nowMs = clock.monotonicMs();
    if (counters === "gone") return { kind: "restarted" };
    if (counters === null) {
      wasAway = true;
      zeroSinceMs = null;
      unanswered++;
      if (nowMs - answeredMs >= AWAY_LIMIT_MS && unanswered >= QUESTIONS_MIN) {
        return { kind: "away", cause: away(server.url) };
      }
    } else {
      answeredMs = nowMs;
      unanswered = 0;
      if (showsWork(counters)) {
        sawWork = true;
        zeroSinceMs = null;
      }
      work.onCounters(counters);
      if (!showsWork(counters)) {
        zeroSinceMs ??= nowMs;
        if (work.accepted || sawWork || nowMs - zeroSinceMs >= SETTLE_MS) {
          const present = wasAway ? await askPresentRun(work) : session.serverId;
          if (present !== null && session.serverId !== null && present !== session.serverId) {
            return { kind: "restarted" };
          }
          return { kind: "over", sawWork, isCertain: !wasAway || present === session.serverId };
        }
      }
    }
    const slept = clock.monotonicMs();
    const pauseMs = work.askAfterMs?.() ?? ASK_INTERVAL_MS;
    await clock.sleep(pauseMs, until);
    // After the machine slept, the network needs a moment.
    if (clock.monotonicMs() - slept > pauseMs + SLEPT_MS) {
      answeredMs = clock.monotonicMs();
    }
  }
  return { kind: "left" };
}

/** The server's present run; `null`: not known. Asking makes a session on the server. */
async function askPresentRun({ server, clock, until }: FollowedWork): Promise<string | null> {
  using limit = limitTime(RUN_WITHIN_MS, { clock, giveUp: until });
  while (!limit.signal.aborted) {
    const session = await untilAborted(server.newSession(), limit.signal).catch(() => null);
    if (session !== null) return session.serverId;
    await clock.sleep(ASK_INTERVAL_MS, limit.signal);
  }
  return null;
}

function away(url: string): ServerUnreachableError {
  return new ServerUnreachableError(
    `Cannot follow the generation: ${url} has not answered for ${AWAY_LIMIT_MS / 60_000} minutes ` +
      '(see "asset-generator status" when it is back)',
  );
}
