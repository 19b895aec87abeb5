/** Decides what has become of each generation, by its owner and by its session on the server. */
import type { Counters } from "../generation/server/counters.ts";
import { showsWork } from "../generation/server/counters.ts";
import type { Liveness, ServerWork } from "../generation/records/liveness.ts";
import { judgeLiveness } from "../generation/records/liveness.ts";
import type { SeenRecord } from "./records_tier.ts";
import type { ServerReading } from "./server_tier.ts";

/** A record of this server and what has become of it. */
export interface JudgedRecord extends SeenRecord {
  readonly server: ServerWork;
  readonly liveness: Liveness;
}

/**
 * Judges records of the server that was asked.
 *
 * @param by.seenAtMs When the owners had been looked at, on the monotonic clock. Zero counters that
 * were read before then may be older than the request, so they do not prove that it is over. For an
 * owner that lives this does not matter: its recent heartbeat keeps the generation running anyway.
 */
export function judgeRecords(seen: readonly SeenRecord[], by: {
  readonly reading: ServerReading;
  readonly seenAtMs: number;
  readonly nowMs: number;
}): readonly JudgedRecord[] {
  const allDone = by.reading.globals.some(({ answer, askedAtMs }) =>
    answer.answered && !showsWork(answer.value) && askedAtMs >= by.seenAtMs
  );
  const doneForLiving = allDone ||
    by.reading.globals.some(({ answer }) => answer.answered && !showsWork(answer.value));
  return seen.map((entry) => {
    const own = lastSession(by.reading, entry.record.id);
    const isDone = entry.isWithdrawn || (entry.owner === "alive" ? doneForLiving : allDone);
    const server = own ?? (isDone ? "done" : "unseen");
    const liveness = judgeLiveness(entry.record, { owner: entry.owner, server, nowMs: by.nowMs });
    return { ...entry, server, liveness };
  });
}

/** The last answer about a record's own session, if it has one. */
function lastSession(reading: ServerReading, id: string): ServerWork | null {
  let work: ServerWork | null = null;
  for (const session of reading.sessions) {
    const answer = session.get(id);
    if (answer?.answered) work = judgeCounters(answer.value);
  }
  return work;
}

function judgeCounters(counters: Counters | "gone"): ServerWork {
  return counters !== "gone" && showsWork(counters) ? "working" : "done";
}
