/** Tiers 1 and 2: the records of all scopes, each with what is known about its owner. */
import type { Clock } from "../generation/clock.ts";
import type { GenerationRecord } from "../generation/generation.ts";
import type { Owner, OwnerLocks } from "../generation/records/owner.ts";
import type { ServerSession } from "../generation/session.ts";
import type { GenerationStore, Scope, StoreReading } from "../generation/records/store.ts";
import { limitTime, untilAborted } from "../generation/until_aborted.ts";

/** How long to wait for the records, and then for their owners' locks; in milliseconds. */
export const RECORDS_DEADLINE_MS = 5_000;

/** A record, where it was found, and whether its owner is alive. */
export interface SeenRecord {
  readonly record: GenerationRecord;
  /**
   * All versions of it in the scopes: an owner may have died after it had written only some of
   * them.
   */
  readonly versions: readonly GenerationRecord[];
  /** The server session of this generation, from a private scope or from machines that share it. */
  readonly session: ServerSession | null;
  readonly scopes: readonly Scope[];
  readonly owner: Owner;
  /**
   * True if the user scope no longer holds it and only a copy in another scope is left: it was
   * removed from the user scope, together with its session, because it was over.
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
  /** How many records were not read because there are too many. */
  readonly unread: number;
  /** When the last owner had been looked at, on the monotonic clock, in milliseconds. */
  readonly seenAtMs: number;
}

/**
 * Reads all stores at the same time and looks at each record's owner lock.
 *
 * A store that hangs (a dead network file system) fails after `RECORDS_DEADLINE_MS`. Owners that
 * cannot be looked at in that time are judged by their heartbeat.
 */
export async function readRecords(from: {
  readonly stores: readonly GenerationStore[];
  readonly locks: OwnerLocks;
  /** This machine's name; `null` if Deno may not read it. */
  readonly hostname: () => string | null;
  readonly clock: Clock;
}): Promise<RecordsReading> {
  const { stores, clock } = from;
  const scopes = await readScopes(stores, clock);
  const hasRecords = scopes.some(({ reading }) =>
    reading.answered && reading.publications.length > 0
  );
  const seen = hasRecords ? await (await import("./seen_records.ts")).seeRecords(scopes, from) : [];
  const unread = scopes.reduce(
    (sum, { reading }) => sum + (reading.answered ? reading.unread ?? 0 : 0),
    0,
  );
  return { scopes, seen, unread, seenAtMs: clock.monotonicMs() };
}

async function readScopes(
  stores: readonly GenerationStore[],
  clock: Clock,
): Promise<readonly ScopeReading[]> {
  const scopes = stores.map((store) => beginReading(store, clock));
  // Without records a limit would be 3 % of a status: its timer, and the event that ends it early.
  if (scopes.every((one) => "elapsedMs" in one)) return scopes;
  using deadline = limitTime(RECORDS_DEADLINE_MS, { clock });
  return await Promise.all(
    scopes.map((one) => "elapsedMs" in one ? one : one.finish(deadline.signal)),
  );
}

/** Begins to read a store. What it does not tell at once, `finish()` waits for. */
function beginReading(
  store: GenerationStore,
  clock: Clock,
): ScopeReading | { readonly finish: (until: AbortSignal) => Promise<ScopeReading> } {
  const { scope, location } = store;
  const startedMs = clock.monotonicMs();
  const told = store.list();
  function made(reading: StoreReading): ScopeReading {
    return { scope, location, reading, elapsedMs: clock.monotonicMs() - startedMs };
  }
  return told instanceof Promise
    ? { finish: async (until) => made(await untilAborted(told, until) ?? late(location)) }
    : made(told);
}

function late(location: string): StoreReading {
  const message = `Cannot read ${location}: no answer in ${RECORDS_DEADLINE_MS / 1000} s`;
  return { answered: false, reason: "failed", message };
}

/** Scopes that only this user or this process can write. */
const PRIVATE: readonly Scope[] = ["process", "user"];

/**
 * Says whether a record is in a private scope. What stands only in files of others is not trusted.
 */
export function isPrivate(scopes: readonly Scope[]): boolean {
  return scopes.some((scope) => PRIVATE.includes(scope));
}
