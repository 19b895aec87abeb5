/**
 * Following a generation's work by its session's counters to their end: where the connection that
 * should have told was lost, or was another process's.
 */
import { ServerUnreachableError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import type { Counters } from "./counters.ts";
import { showsWork } from "./counters.ts";
import type { ImageServer } from "./image_server.ts";
import type { ServerSession } from "./session.ts";
import { limitTime, untilAborted } from "./until_aborted.ts";

/** Time between two questions, in milliseconds. */
const ASK_INTERVAL_MS = 1_000;
/** Time between the zeros that prove that no request is on its way, in milliseconds. */
const SETTLE_MS = 2_000;
/** Time without an answer after which a server is given up, in milliseconds: longer than a restart. */
export const AWAY_LIMIT_MS = 120_000;
/**
 * How long one question may take, in milliseconds, and how many in a row must fail before a server is
 * given up: one that hangs in a lost connection says nothing of the server, however long it hangs.
 */
export const QUESTION_LIMIT_MS = 40_000;
export const QUESTIONS_MIN = 3;
/** How long is tried to learn which run of the server answers, in milliseconds. */
const RUN_WITHIN_MS = 10_000;
/** A sleep that took so much longer than asked for: the machine itself slept. In milliseconds. */
const SLEPT_MS = 30_000;

/** Work to follow. */
export interface FollowedWork {
  readonly server: Pick<ImageServer, "url" | "sessionCounters" | "newSession">;
  readonly session: ServerSession;
  readonly clock: Clock;
  /** True once the server was seen to have the request; before that, zero may only be early. */
  readonly accepted: boolean;
  /** True if the server may have been started again before it is asked. */
  readonly wasAway: boolean;
  /** Ends it; then the end is `left`. */
  readonly until: AbortSignal;
  readonly onCounters: (counters: Counters) => void;
}

/**
 * How it ended. `over`: the counters are zero; `isCertain`: and they are those of the run of the server
 * that took the work, which is known. `restarted`: another run of the server answers, which
 * knows nothing of the work. `away`: it has not answered for long. `left`: nobody wants to know.
 */
export type WorkEnd =
  | { readonly kind: "over"; readonly sawWork: boolean; readonly isCertain: boolean }
  | { readonly kind: "restarted" }
  | { readonly kind: "away"; readonly cause: ServerUnreachableError }
  | { readonly kind: "left" };

/** Follows work to its end. Never throws for what the server does. */
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
    await clock.sleep(ASK_INTERVAL_MS, until);
    // The network needs a moment after the machine slept.
    if (clock.monotonicMs() - slept > ASK_INTERVAL_MS + SLEPT_MS) {
      answeredMs = clock.monotonicMs();
    }
  }
  return { kind: "left" };
}

/** The server's present run; `null`: not known. It costs a session on the server. */
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
