/** Tiers 1 and 2: the records of all scopes, each with what is seen of its owner. */
import type { Clock } from "../generation/clock.ts";
import type { GenerationRecord } from "../generation/generation.ts";
import { hasHeartbeat, isSafeId, isShown } from "../generation/generation.ts";
import type { LockState, Owner, OwnerLocks } from "../generation/owner.ts";
import { judgeOwner } from "../generation/owner.ts";
import type { ServerSession } from "../generation/session.ts";
import type { GenerationStore, Publication, Scope, StoreReading } from "../generation/store.ts";
import { mapBounded } from "./map_bounded.ts";

/** How long the records are waited for, and then their owners; in milliseconds. */
export const RECORDS_DEADLINE_MS = 5_000;
/** Owner locks looked at at the same time: each holds a file open. */
const PARALLEL = 64;

/** A record, where it was seen, and whether its owner lives. */
export interface SeenRecord {
  readonly record: GenerationRecord;
  /** It, and what else scopes hold of it: an owner may have died between writing two of them. */
  readonly versions: readonly GenerationRecord[];
  /** The session that does its work, from a private scope. */
  readonly session: ServerSession | null;
  readonly scopes: readonly Scope[];
  readonly owner: Owner;
  /**
   * A copy of what this user has published and does not hold any more: whoever removed it from the
   * user scope, and the session with it, has seen that it is over.
   */
  readonly isWithdrawn: boolean;
}

/** What one store answered. */
export interface ScopeReading {
  readonly scope: Scope;
  readonly location: string;
  readonly reading: StoreReading;
  readonly elapsedMs: number;
}

/** All records of all scopes, newest first, the same id once. */
export interface RecordsReading {
  readonly scopes: readonly ScopeReading[];
  readonly seen: readonly SeenRecord[];
  /** When the last owner had been looked at; on the monotonic clock, milliseconds. */
  readonly seenAtMs: number;
}

/**
 * Reads all stores at the same time and looks at each record's owner lock.
 *
 * A store that hangs (a dead network file system) has failed after `RECORDS_DEADLINE_MS`; owners
 * that cannot be looked at in that time are judged by their heartbeat.
 */
export async function readRecords(from: {
  readonly stores: readonly GenerationStore[];
  readonly locks: OwnerLocks;
  /** This machine's name; `null` where Deno may not tell it. */
  readonly host: string | null;
  readonly clock: Clock;
}): Promise<RecordsReading> {
  const { stores, locks, host, clock } = from;
  const scopes = await beforeDeadline(
    clock,
    (deadline) => Promise.all(stores.map((store) => readScope(store, { clock, deadline }))),
  );
  const united = uniteById(scopes).filter(({ record }) => isShown(record, clock.now()));
  const seesUser = scopes.some(({ scope, reading }) =>
    // A private record that cannot be read is there all the same.
    scope === "user" && reading.answered && reading.problems.length === 0
  );
  const seen = await beforeDeadline(
    clock,
    (deadline) =>
      mapBounded(united, PARALLEL, async (entry): Promise<SeenRecord> => {
        const lock = await probe(entry.record, { locks, deadline });
        const nowMs = clock.now();
        return {
          ...entry,
          owner: judgeOwner(entry.record, { lock, host, nowMs }),
          // The lease is for the instant between its publications in the two scopes.
          isWithdrawn: lock === "free" && seesUser && !entry.scopes.includes("user") &&
            !hasHeartbeat(entry.record, nowMs),
        };
      }),
  );
  return { scopes, seen, seenAtMs: clock.monotonicMs() };
}

/** Acts with one deadline for all that is asked meanwhile, and stops its timer at the end. */
async function beforeDeadline<T>(
  clock: Clock,
  action: (deadline: Promise<void>) => Promise<T>,
): Promise<T> {
  const finished = new AbortController();
  try {
    return await action(clock.sleep(RECORDS_DEADLINE_MS, finished.signal));
  } finally {
    finished.abort();
  }
}

async function readScope(store: GenerationStore, within: {
  readonly clock: Clock;
  readonly deadline: Promise<void>;
}): Promise<ScopeReading> {
  const { scope, location } = store;
  const { clock, deadline } = within;
  const startedMs = clock.monotonicMs();
  const late = deadline.then((): StoreReading => ({
    answered: false,
    reason: "failed",
    message: `Cannot read ${location}: no answer in ${RECORDS_DEADLINE_MS / 1000} s`,
  }));
  const reading = await Promise.race([store.list(), late]);
  return { scope, location, reading, elapsedMs: clock.monotonicMs() - startedMs };
}

async function probe(record: GenerationRecord, within: {
  readonly locks: OwnerLocks;
  readonly deadline: Promise<void>;
}): Promise<LockState> {
  if (record.foreign || !isSafeId(record.id)) return "unseen";
  const late = within.deadline.then((): LockState => "unseen");
  return await Promise.race([within.locks.probe(record.id), late]);
}

type United = Publication & Pick<SeenRecord, "versions" | "scopes">;

/** The union of all scopes by id: the newest record, the private scope's session, every scope. */
function uniteById(scopes: readonly ScopeReading[]): readonly United[] {
  const byId = new Map<string, United>();
  for (const { scope, reading } of scopes) {
    if (!reading.answered) continue;
    for (const { record, session } of reading.publications) {
      const known = byId.get(record.id);
      const versions = known?.versions ?? [];
      const isNew = versions.every(({ updatedAt }) => updatedAt !== record.updatedAt);
      byId.set(record.id, {
        record: known && known.record.updatedAt >= record.updatedAt ? known.record : record,
        versions: isNew ? [...versions, record] : versions,
        session: known?.session ?? session,
        scopes: [...known?.scopes ?? [], scope],
      });
    }
  }
  return [...byId.values()].sort((a, b) => b.record.startedAt - a.record.startedAt);
}
