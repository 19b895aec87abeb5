/**
 * What the records of all scopes tell together, and whether each one's owner is alive. Loaded only
 * where there are records.
 */
import type { Clock } from "../generation/clock.ts";
import type { GenerationRecord } from "../generation/generation.ts";
import { hasHeartbeat, isSafeId, isShown } from "../generation/generation.ts";
import type { LockState, OwnerLocks } from "../generation/records/owner.ts";
import { judgeOwner } from "../generation/records/owner.ts";
import { isOfServer } from "../generation/server/server_url.ts";
import type { Publication, Scope } from "../generation/records/store.ts";
import { limitTime, untilAborted } from "../generation/until_aborted.ts";
import { mapBounded } from "./map_bounded.ts";
import type { ScopeReading, SeenRecord } from "./records_tier.ts";
import { isPrivate, RECORDS_DEADLINE_MS } from "./records_tier.ts";
import type { SwarmServer } from "./swarm_server.ts";

/** How many owner locks are tried at the same time: each one keeps a file open. */
const PARALLEL = 64;

/**
 * Merges the records of all scopes, the newest first, and looks at each one's owner lock. Owners that
 * cannot be looked at in time are judged by their heartbeat.
 */
export async function seeRecords(scopes: readonly ScopeReading[], by: {
  readonly locks: OwnerLocks;
  /** This machine's name; `null` if Deno may not read it. */
  readonly hostname: () => string | null;
  readonly clock: Clock;
}): Promise<readonly SeenRecord[]> {
  const { clock } = by;
  const united = uniteById(scopes).filter(({ record }) => isShown(record, clock.now()));
  const seesUser = scopes.some(({ scope, reading }) =>
    // A private record that cannot be read still exists.
    scope === "user" && reading.answered && reading.problems.length === 0
  );
  const states = await probeAll(united, by);
  const nowMs = clock.now();
  const host = united.length === 0 ? null : by.hostname();
  return united.map((entry, index): SeenRecord => {
    const lock = states[index] ?? "unseen";
    return {
      ...entry,
      owner: judgeOwner(entry.record, { lock, host, nowMs }),
      // A new record may just not have been published in the user scope yet.
      isWithdrawn: lock === "free" && seesUser && !entry.scopes.includes("user") &&
        !hasHeartbeat(entry.record, nowMs),
    };
  });
}

type United = Publication & Pick<SeenRecord, "versions" | "scopes">;

/** Looks at the owner locks until the time is up. Those that were not looked at are missing. */
async function probeAll(united: readonly United[], by: {
  readonly locks: OwnerLocks;
  readonly clock: Clock;
}): Promise<readonly (LockState | undefined)[]> {
  const states: (LockState | undefined)[] = new Array(united.length);
  using deadline = limitTime(RECORDS_DEADLINE_MS, by);
  // One race for all: a race for each would stay in memory until the deadline.
  const probing = mapBounded([...united.entries()], PARALLEL, async ([index, { record }]) => {
    if (deadline.signal.aborted || record.foreign || !isSafeId(record.id)) return;
    states[index] = await by.locks.probe(record.id);
  });
  await untilAborted(probing, deadline.signal);
  return [...states];
}

/**
 * Merges all scopes by id: the private record, else that of the network, whose times are right
 * whatever the clock of its machine says, else the newest one; the session; the names of all scopes.
 * If there is a private record, only more progress is believed of a shared copy, which others may
 * have changed.
 */
function uniteById(scopes: readonly ScopeReading[]): readonly United[] {
  const byId = new Map<string, United>();
  for (const { scope, reading } of scopes) {
    if (!reading.answered) continue;
    for (const { record, session } of reading.publications) {
      const known = byId.get(record.id);
      const versions = known?.versions ?? [];
      const isNew = versions.every(({ updatedAt }) => updatedAt !== record.updatedAt);
      byId.set(record.id, {
        record: known === undefined ? record : unite(known, { record, scopes: [scope] }),
        versions: isNew ? [...versions, record] : versions,
        // Of the network scope only where both machines were told to share them.
        session: known?.session ?? (scope === "directory" ? null : session),
        scopes: [...known?.scopes ?? [], scope],
      });
    }
  }
  return [...byId.values()].sort((a, b) => b.record.startedAt - a.record.startedAt);
}

type Version = Pick<United, "record" | "scopes">;

function unite(one: Version, other: Version): GenerationRecord {
  const [isOnePrivate, isOtherPrivate] = [isPrivate(one.scopes), isPrivate(other.scopes)];
  const isOneNewer = one.record.updatedAt >= other.record.updatedAt;
  const [oneRank, otherRank] = [rankOf(one.scopes), rankOf(other.scopes)];
  const isOneBase = oneRank === otherRank ? isOneNewer : oneRank > otherRank;
  const [base, copy] = isOneBase ? [one.record, other.record] : [other.record, one.record];
  if (!isOnePrivate && !isOtherPrivate) return base;
  return {
    ...base,
    progress: further(base.progress, { by: copy.progress, most: 1 }),
    imagesDone: further(base.imagesDone, { by: copy.imagesDone, most: base.imagesTotal }),
  };
}

/** How much is to be said for the word of the best of some scopes. */
function rankOf(scopes: readonly Scope[]): number {
  if (isPrivate(scopes)) return 2;
  return scopes.includes("network") ? 1 : 0;
}

/** The progress values that never go back, updated by those of a shared copy. */
function further(
  own: number | null,
  { by, most }: { readonly by: number | null; readonly most: number | null },
): number | null {
  if (by === null || most === null) return own;
  return Math.max(own ?? 0, Math.min(by, most));
}

/**
 * Keeps the records of one server, as `isOfServer()` says.
 *
 * The known `server_id` is as old as the session for questions. A newer record with another address
 * may belong to this server after a restart, so then the session is renewed once.
 */
export async function selectOwn(
  seen: readonly SeenRecord[],
  server: SwarmServer,
  host: string | null,
): Promise<readonly SeenRecord[]> {
  const { url: serverUrl } = server;
  const identity = server.identity();
  let serverId = identity?.serverId ?? null;
  const isOwn = ({ record }: SeenRecord): boolean =>
    isOfServer(record, { serverUrl, serverId, host });
  const mayBeNewer = identity !== null &&
    seen.some((one) =>
      !isOwn(one) && one.record.serverId !== null && one.record.startedAt > identity.asOf
    );
  if (mayBeNewer) {
    const renewed = await server.renewIdentity();
    if (renewed.answered) serverId = renewed.value.serverId;
  }
  return seen.filter(isOwn);
}
