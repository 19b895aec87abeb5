/** Asks the server about the records' own sessions. */
import type { Clock } from "../generation/clock.ts";
import type { Counters } from "../generation/server/counters.ts";
import { showsWork } from "../generation/server/counters.ts";
import type { ServerSession } from "../generation/session.ts";
import type { Answer } from "./answer.ts";
import { mapBounded } from "./map_bounded.ts";
import { isPrivate, type SeenRecord } from "./records_tier.ts";
import type { SwarmServer } from "./swarm_server.ts";

/** How many questions may be open at the same time. */
const PARALLEL = 16;
/** How long all the questions together may take, in milliseconds. */
const ROUND_MS = 10_000;

/** What each record's own session answered, by record id. */
export type SessionReading = ReadonlyMap<string, Answer<Counters | "gone">>;

/** What a record's own session said last; `null`: nothing, or that the server does not know it. */
export function lastCounters(readings: readonly SessionReading[], id: string): Counters | null {
  let counters: Counters | null = null;
  for (const reading of readings) {
    const answer = reading.get(id);
    if (answer?.answered) counters = answer.value === "gone" ? null : answer.value;
  }
  return counters;
}

/** A record's own session. */
export interface AskedSession {
  readonly id: string;
  readonly session: ServerSession;
}

/**
 * The sessions that are known, those of the newest records first. One from another machine is asked
 * for at the server that is asked here and nowhere else: its name there may mean another machine here.
 */
export function withSession(
  seen: readonly SeenRecord[],
  { url }: Pick<SwarmServer, "url">,
): readonly AskedSession[] {
  return seen.flatMap(({ record, session, scopes }) =>
    session === null
      ? []
      : [{ id: record.id, session: isPrivate(scopes) ? session : session.under(url) }]
  );
}

/**
 * Asks about sessions, the newest first.
 *
 * @param about.until The server-wide counters: once the sessions asked so far explain all of them,
 * the others have no work and are not asked. `null`: all are asked.
 * @returns Without sessions that were not asked, for that reason or for lack of time.
 */
export async function readSessions(
  { server, clock }: { readonly server: SwarmServer; readonly clock: Clock },
  { asked, until }: {
    readonly asked: readonly AskedSession[];
    readonly until: Answer<Counters> | null;
  },
): Promise<SessionReading> {
  const endMs = clock.monotonicMs() + ROUND_MS;
  const left = until?.answered ? { ...until.value } : null;
  const readings = new Map<string, Answer<Counters | "gone">>();
  await mapBounded(asked, PARALLEL, async ({ id, session }) => {
    if (clock.monotonicMs() >= endMs || (left !== null && !showsWork(left))) return;
    const answer = await server.sessionCounters(session);
    readings.set(id, answer);
    if (left !== null && answer.answered && answer.value !== "gone") subtract(left, answer.value);
  });
  return readings;
}

function subtract(left: Mutable<Counters>, own: Counters): void {
  left.waitingGens = Math.max(0, left.waitingGens - own.waitingGens);
  left.loadingModels = Math.max(0, left.loadingModels - own.loadingModels);
  left.waitingBackends = Math.max(0, left.waitingBackends - own.waitingBackends);
  left.liveGens = Math.max(0, left.liveGens - own.liveGens);
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
