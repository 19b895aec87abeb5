/**
 * A generation's record: what it publishes about itself (`docs/state-file.md`).
 *
 * A record does NOT contain prompts, image paths, SwarmUI session ids or any other secret: it may
 * be shared or committed by accident.
 */

/** How long a record is believed without a heartbeat, in milliseconds. */
export const LEASE_MS = 30_000;

/** Age in milliseconds at which a record is no longer shown or kept. */
export const RECORD_LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * `pending`: published, nothing was sent to the server. `starting`: written before the first byte
 * of the request is sent; waits for a backend or a model. `generating`: the server was seen working
 * on it.
 */
export type GenerationStatus = "pending" | "starting" | "generating";

/** What a generation publishes about itself. Times are epoch milliseconds. */
export interface GenerationRecord {
  /**
   * Random, made by this tool; never the SwarmUI session id. See `isSafeId()` before using it in a
   * path.
   */
  readonly id: string;
  /** One of `GenerationStatus` in this tool's records; a foreign record may hold any word. */
  readonly status: string;
  /** Fraction 0–1 of the whole generation; never goes back. `null`: not in the record. */
  readonly progress: number | null;
  readonly startedAt: number;
  readonly updatedAt: number;
  /** Normalised base URL without user info; `null` in a foreign record. */
  readonly serverUrl: string | null;
  /** SwarmUI's `server_id`, new at each server start; `null` if not known. */
  readonly serverId: string | null;
  /** Name of the owner's machine; `null` if Deno may not read it. */
  readonly host: string | null;
  /** Process id of the owner on `host`; for people only, never used to judge liveness. */
  readonly pid: number | null;
  /** Image runs requested (`swarmui-protocol.md §5.1`), not batch images. */
  readonly imagesTotal: number | null;
  /** Image runs that are over. */
  readonly imagesDone: number | null;
  /** The model, as the server names it. `null` or absent: not in the record. */
  readonly model?: string | null;
  /** Whether it is waiting for a backend, as its owner last heard. `null` or absent: not known. */
  readonly queued?: boolean | null;
  /**
   * The remaining time at `updatedAt` as its owner estimated it, in seconds. `null` or absent: not
   * known.
   */
  readonly remainingSeconds?: number | null;
  /** Why that grew since the last image (`DelayCause`). `null` or absent: it did not. */
  readonly delayedBy?: string | null;
  /** Images of one run, where that is more than one: the server's counters count runs. */
  readonly batchSize?: number;
  /** True if its process was told to leave it to the server. Absent: false. */
  readonly detached?: boolean;
  /** True if another tool wrote it: it lacks some fields, so its owner cannot be checked. */
  readonly foreign: boolean;
}

/** Says whether an id is safe in a file name. */
export function isSafeId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id);
}

/** Says whether a record is too old to be kept. A clock that was set back never makes it so. */
export function isExpired(record: GenerationRecord, nowMs: number): boolean {
  return nowMs - record.updatedAt > RECORD_LIFETIME_MS;
}

/**
 * Says whether a record may be shown: it is not expired, and not dated far into the future by a
 * tool without a heartbeat, where it would never expire.
 */
export function isShown(record: GenerationRecord, nowMs: number): boolean {
  if (record.foreign && record.updatedAt - nowMs > RECORD_LIFETIME_MS) return false;
  return !isExpired(record, nowMs);
}

/**
 * Says whether a record's heartbeat is younger than a lease. A time more than a lease in the future
 * is not a heartbeat: the clock was set back, and a living owner writes a new time within seconds.
 */
export function hasHeartbeat(record: GenerationRecord, nowMs: number): boolean {
  const ageMs = nowMs - record.updatedAt;
  return ageMs >= -LEASE_MS && ageMs < LEASE_MS;
}

/**
 * The order in which records are read if there are too many, as a number; the lowest are read
 * first. The newest records come first, and those dated more than a lease into the future come
 * last. Otherwise somebody who can write a shared file could push out living records by future
 * dates.
 */
export function readingRank(updatedAt: number, nowMs: number): number {
  return updatedAt > nowMs + LEASE_MS ? updatedAt : -updatedAt;
}
