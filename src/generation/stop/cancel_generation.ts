/**
 * Cancels a generation of another process: through that generation's own session, which stops
 * nothing else, and confirmed by that session's counters (`docs/detection.md`).
 */
import { ServerUnreachableError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import type { Counters } from "../server/counters.ts";
import { showsWork } from "../server/counters.ts";
import type { GenerationRecord } from "../generation.ts";
import type { Owner } from "../records/owner.ts";
import type { ServerSession } from "../session.ts";
import { stopGeneration } from "./stop_generation.ts";
import type { Scope } from "../records/store.ts";
import { untilAborted } from "../until_aborted.ts";
import { WatchedServer } from "../server/watched_server.ts";
import type { ServerPart } from "../server/watched_server.ts";

/** How long to wait for a generation that has not sent anything yet, in milliseconds. */
const START_TIMEOUT_MS = 10_000;
/** How long to wait for a session that a scope does not show yet, in milliseconds. */
const SESSION_GRACE_MS = 2_000;
/** Time between two looks at its record, in milliseconds. */
const LOOK_INTERVAL_MS = 200;

/** A generation as it was seen. */
export interface CancelTarget {
  readonly record: GenerationRecord;
  /** The session of its work; `null`: not known here, or not made yet while it is `pending`. */
  readonly session: ServerSession | null;
  readonly scopes: readonly Scope[];
  readonly owner: Owner;
}

/**
 * The result. `stopped`: it was working and no longer is. `was_over`: there was nothing to stop.
 * `still_running`: interrupted, but its counters still show work. `not_started`: nothing of it
 * reached the server within the waiting time, so there was nothing to interrupt. `not_allowed`: the
 * server, or Deno, refused. `no_session`: its session is not this user's. `unreachable`: no answer.
 * `failed`: the server answered with an error.
 */
export type CancelOutcome =
  | "stopped"
  | "was_over"
  | "still_running"
  | "not_started"
  | "not_allowed"
  | "no_session"
  | "unreachable"
  | "failed";

/** A generation that was to be cancelled, and what its session's counters said. */
export interface Cancellation {
  readonly target: CancelTarget;
  readonly outcome: CancelOutcome;
  /** Before the interrupt; `null`: not known. */
  readonly before: Counters | null;
  /** The last ones that were read; `null`: not known. */
  readonly after: Counters | null;
  readonly elapsedMs: number;
  /** Why, with `not_allowed`, `unreachable` and `failed`. */
  readonly cause: Error | null;
}

/** What cancelling needs. */
export interface CancelOptions {
  /** The server of a session: the one at `session.serverUrl` and no other. */
  readonly serverOf: (session: ServerSession) => Promise<ServerPart>;
  /** Reads the generation's record again; `null`: it is gone. */
  readonly look: () => Promise<CancelTarget | null>;
  readonly clock: Clock;
  /** Ends all waiting. */
  readonly giveUp: AbortSignal;
  /** Called once if the generation has to be waited for. */
  readonly onWaiting: () => void;
}

/** Cancels one generation. Never throws because of the server; see `CancelOutcome`. */
export async function cancelGeneration(
  target: CancelTarget,
  options: CancelOptions,
): Promise<Cancellation> {
  const startedMs = options.clock.monotonicMs();
  const watched = new WatchedServer(options.serverOf);
  const outcome = await cancel(target, { options, watched });
  const hasCause = outcome === outcomeOfFailure(watched);
  return {
    target,
    outcome,
    before: watched.first,
    after: watched.last,
    elapsedMs: options.clock.monotonicMs() - startedMs,
    cause: hasCause ? watched.failure : null,
  };
}

interface Attempt {
  readonly options: CancelOptions;
  readonly watched: WatchedServer;
}

async function cancel(target: CancelTarget, attempt: Attempt): Promise<CancelOutcome> {
  const { options: { clock, giveUp }, watched } = attempt;
  const work = await waitForWork(target, attempt);
  if (work.session === null) return work.outcome;
  const stopped = await stopGeneration(work.session, {
    server: watched,
    clock,
    accepted: work.accepted,
    giveUp: AbortSignal.any([giveUp, watched.refused]),
  });
  if (stopped === "stopped" || stopped === "lost") return watched.sawWork ? "stopped" : "was_over";
  return outcomeOfFailure(watched) ?? "still_running";
}

/** A session to interrupt, or why there is none. */
type Work =
  | { readonly session: ServerSession; readonly accepted: boolean }
  | { readonly session: null; readonly outcome: CancelOutcome };

/**
 * Waits until there is something to interrupt: an interrupt that overtakes the request stops
 * nothing, and a living owner may send its request at any moment.
 */
async function waitForWork(target: CancelTarget, attempt: Attempt): Promise<Work> {
  const { options: { clock, giveUp, look, onWaiting }, watched } = attempt;
  const startedMs = clock.monotonicMs();
  let unheldSinceMs: number | null = null;
  let isWaiting = false;
  for (let seen: CancelTarget | null = target; seen !== null; seen = await look()) {
    const { record: { status }, session, owner, scopes } = seen;
    const nowMs = clock.monotonicMs();
    // Nothing was ever sent, and there is no process left to send it.
    if (status === "pending" && owner === "gone") return none("was_over");
    const isUnheld = session === null && (status !== "pending" || !scopes.includes("user"));
    // Since when the session is missing. A pending generation, which has none yet, may have been
    // waited for.
    unheldSinceMs = isUnheld ? unheldSinceMs ?? nowMs : null;
    if (unheldSinceMs !== null) {
      // A record reaches one scope before the other. If nobody publishes it, no session will come.
      const isLate = nowMs - unheldSinceMs >= SESSION_GRACE_MS;
      if (owner !== "alive" || isLate) return none("no_session");
    } else if (session !== null) {
      // A question may hang for far longer than the caller would wait.
      const counters = await untilAborted(watched.ask(session), giveUp);
      if (counters === null) return none(outcomeOfFailure(watched) ?? "still_running");
      if (counters === "gone") return none("was_over");
      if (showsWork(counters)) return { session, accepted: true };
      if (status !== "starting") return none("was_over");
      if (owner !== "alive") return { session, accepted: false };
    }
    if (giveUp.aborted || nowMs - startedMs >= START_TIMEOUT_MS) return none("not_started");
    if (!isWaiting && !isUnheld) {
      isWaiting = true;
      onWaiting();
    }
    await clock.sleep(LOOK_INTERVAL_MS, giveUp);
  }
  // Its owner has removed it: it is over.
  return none("was_over");
}

function outcomeOfFailure({ failure, refused }: WatchedServer): CancelOutcome | null {
  if (failure === null) return null;
  if (refused.aborted) return "not_allowed";
  return failure instanceof ServerUnreachableError ? "unreachable" : "failed";
}

function none(outcome: CancelOutcome): Work {
  return { session: null, outcome };
}
