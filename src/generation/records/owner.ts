/** The port for owner locks: a generation's process holds one for as long as it lives. */
import type { GenerationRecord } from "../generation.ts";
import { hasHeartbeat } from "../generation.ts";

/**
 * `held`: some process holds the lock. `free`: the lock file exists and nobody holds it. `absent`:
 * there is no lock file. `unseen`: it could not be looked at (permission, no such directory, no
 * lock support).
 */
export type LockState = "held" | "free" | "absent" | "unseen";

/** Whether the process that made a record is alive. `unseen`: another tool's record. */
export type Owner = "alive" | "gone" | "unseen";

/** A lock that this process holds. */
export interface OwnerHold {
  /** The generation is over: releases the lock and removes its file. */
  release(): void;
  /**
   * The generation goes on without this process: releases the lock and leaves its file, as if the
   * process had died.
   */
  abandon(): void;
}

/** Owner locks of this user on this machine. */
export interface OwnerLocks {
  /**
   * Takes the lock for a generation of this process. It is held until it is released or the process
   * ends.
   *
   * @throws {StateFileError} If it cannot be taken (no permission, no lock support).
   */
  hold(id: string): Promise<OwnerHold>;
  /** Tries a lock without waiting. Never throws; ids that are not safe in paths are `unseen`. */
  probe(id: string): Promise<LockState>;
}

/**
 * Says whether the process that wrote a record lives (`docs/detection.md`).
 *
 * A held lock means alive. A free lock means gone only on the machine that wrote the record.
 * Otherwise the heartbeat decides; a paused laptop then looks gone, and its next heartbeat puts the
 * record back.
 */
export function judgeOwner(record: GenerationRecord, seen: {
  readonly lock: LockState;
  /** This machine's name; `null` if Deno may not read it. */
  readonly host: string | null;
  readonly nowMs: number;
}): Owner {
  if (record.foreign) return "unseen";
  if (seen.lock === "held") return "alive";
  if (seen.lock === "free" && seen.host !== null && record.host === seen.host) return "gone";
  return hasHeartbeat(record, seen.nowMs) ? "alive" : "gone";
}
