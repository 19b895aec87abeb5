/** Tiers 1 and 2: the records of all scopes, each with what is seen of its owner. */
import type { Clock } from "../generation/clock.ts";
import type { GenerationRecord } from "../generation/generation.ts";
import { isExpired, isSafeId } from "../generation/generation.ts";
import type { Owner, OwnerLocks } from "../generation/owner.ts";
import { judgeOwner } from "../generation/owner.ts";
import type { ServerSession } from "../generation/session.ts";
import type { GenerationStore, Publication, Scope, StoreReading } from "../generation/store.ts";

/** A record, where it was seen, and whether its owner lives. */
export interface SeenRecord {
  readonly record: GenerationRecord;
  /** The session that does its work, from a private scope. */
  readonly session: ServerSession | null;
  readonly scopes: readonly Scope[];
  readonly owner: Owner;
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

/** Reads all stores at the same time and looks at each record's owner lock. */
export async function readRecords(from: {
  readonly stores: readonly GenerationStore[];
  readonly locks: OwnerLocks;
  /** This machine's name; `null` where Deno may not tell it. */
  readonly host: string | null;
  readonly clock: Clock;
}): Promise<RecordsReading> {
  const { clock } = from;
  const scopes = await Promise.all(from.stores.map(async (store): Promise<ScopeReading> => {
    const startedMs = clock.monotonicMs();
    const reading = await store.list();
    const elapsedMs = clock.monotonicMs() - startedMs;
    return { scope: store.scope, location: store.location, reading, elapsedMs };
  }));
  const united = uniteById(scopes).filter(({ record }) => !isExpired(record, clock.now()));
  const seen = await Promise.all(united.map(async (entry): Promise<SeenRecord> => {
    const { record } = entry;
    const lock = record.foreign || !isSafeId(record.id)
      ? "unseen"
      : await from.locks.probe(record.id);
    return { ...entry, owner: judgeOwner(record, { lock, host: from.host, nowMs: clock.now() }) };
  }));
  return { scopes, seen, seenAtMs: clock.monotonicMs() };
}

interface United extends Publication {
  readonly scopes: readonly Scope[];
}

/** The union of all scopes by id: the newest record, the private scope's session, every scope. */
function uniteById(scopes: readonly ScopeReading[]): readonly United[] {
  const byId = new Map<string, United>();
  for (const { scope, reading } of scopes) {
    if (!reading.answered) continue;
    for (const { record, session } of reading.publications) {
      const known = byId.get(record.id);
      byId.set(record.id, {
        record: known && known.record.updatedAt >= record.updatedAt ? known.record : record,
        session: known?.session ?? session,
        scopes: known ? [...known.scopes, scope] : [scope],
      });
    }
  }
  return [...byId.values()].sort((a, b) => b.record.startedAt - a.record.startedAt);
}
