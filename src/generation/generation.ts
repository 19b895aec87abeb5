/**
 * A generation's record: what it publishes about itself (`docs/state-file.md`).
 *
 * A record does NOT contain prompts, image paths, SwarmUI session ids or any other secret: it may
 * be shared or committed by accident.
 */

/** How long a record is believed without a heartbeat, in milliseconds. */
export const LEASE_MS = 30_000;

/** Age in milliseconds from which a record is neither shown nor kept. */
export const RECORD_LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * `pending`: published, nothing was sent to the server. `starting`: written before the first byte
 * of the request leaves; waits for a backend or a model. `generating`: the server was seen working.
 */
export type GenerationStatus = "pending" | "starting" | "generating";

/** What a generation publishes about itself. Times are epoch milliseconds. */
export interface GenerationRecord {
  /** Ours, random; never the SwarmUI session id. See `isSafeId()` before it forms a path. */
  readonly id: string;
  /** One of `GenerationStatus` in our own records; a foreign record may hold any word. */
  readonly status: string;
  /** Fraction 0–1 of the whole generation; never goes back. `null`: the record gives none. */
  readonly progress: number | null;
  readonly startedAt: number;
  readonly updatedAt: number;
  /** Normalised base URL without user info; `null` in a foreign record. */
  readonly serverUrl: string | null;
  /** SwarmUI's `server_id`, new at each server start; `null` if not known. */
  readonly serverId: string | null;
  /** Name of the owner's machine; `null` where Deno may not tell it. */
  readonly host: string | null;
  /** Process id of the owner on `host`; for people only, never used to judge liveness. */
  readonly pid: number | null;
  /** Image runs asked for (`swarmui-protocol.md §5.1`), not batch images. */
  readonly imagesTotal: number | null;
  /** Image runs that are over. */
  readonly imagesDone: number | null;
  /** The model, as the server names it. `null` or absent: the record does not say. */
  readonly model?: string | null;
  /** Whether it waits for a backend, as its owner heard last. `null` or absent: not known. */
  readonly queued?: boolean | null;
  /** What was left at `updatedAt` as its owner reckoned, in seconds. `null` or absent: not known. */
  readonly remainingSeconds?: number | null;
  /** True if its process was told to leave it to the server. Absent: it was not. */
  readonly detached?: boolean;
  /** True if another tool wrote it: it lacks our fields, so its owner cannot be seen. */
  readonly foreign: boolean;
}

/** Says whether an id is safe in a file name. */
export function isSafeId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(id);
}

/** Says whether a record is too old to be kept; a clock set back never makes it so. */
export function isExpired(record: GenerationRecord, nowMs: number): boolean {
  return nowMs - record.updatedAt > RECORD_LIFETIME_MS;
}

/**
 * Says whether a record may be shown: it is not expired, and not of a tool that has no heartbeat and
 * dates its records into the far future, where they would never expire.
 */
export function isShown(record: GenerationRecord, nowMs: number): boolean {
  if (record.foreign && record.updatedAt - nowMs > RECORD_LIFETIME_MS) return false;
  return !isExpired(record, nowMs);
}

/**
 * Says whether a record's heartbeat is younger than a lease. A stamp more than a lease in the
 * future is no heartbeat: the clock was set back, and a living owner stamps anew within seconds.
 */
export function hasHeartbeat(record: GenerationRecord, nowMs: number): boolean {
  const ageMs = nowMs - record.updatedAt;
  return ageMs >= -LEASE_MS && ageMs < LEASE_MS;
}

/**
 * The order in which records are read where there are too many, as a number that sorts the first ones
 * lowest: the newest first, and after all others what is dated more than a lease ahead. Whoever may
 * write a shared file could otherwise push out what lives by dates of the future.
 */
export function readingRank(updatedAt: number, nowMs: number): number {
  return updatedAt > nowMs + LEASE_MS ? updatedAt : -updatedAt;
}
