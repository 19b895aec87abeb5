/** The port to the owner locks: held by a generation's process for as long as it lives. */
import type { GenerationRecord } from "./generation.ts";
import { hasHeartbeat } from "./generation.ts";

/**
 * `held`: somebody holds the lock. `free`: the lock file is there and nobody holds it. `absent`: no
 * lock file. `unseen`: could not be looked at (permission, no such directory, no lock support).
 */
export type LockState = "held" | "free" | "absent" | "unseen";

/** Whether the process that made a record lives. `unseen`: another tool's record. */
export type Owner = "alive" | "gone" | "unseen";

/** A lock that this process holds. */
export interface OwnerHold {
  /** The generation is over: frees the lock and removes its file. */
  release(): void;
  /** The generation goes on without us: frees the lock and leaves its file, as a death would. */
  abandon(): void;
}

/** Owner locks of this user on this machine. */
export interface OwnerLocks {
  /**
   * Takes the lock of one's own generation; it is held until it is let go or the process ends.
   *
   * @throws {StateFileError} If it cannot be taken (no permission, no lock support).
   */
  hold(id: string): Promise<OwnerHold>;
  /** Looks at a lock without waiting. Never throws; ids that are not safe in paths are `unseen`. */
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
  /** This machine's name; `null` where Deno may not tell it. */
  readonly host: string | null;
  readonly nowMs: number;
}): Owner {
  if (record.foreign) return "unseen";
  if (seen.lock === "held") return "alive";
  if (seen.lock === "free" && seen.host !== null && record.host === seen.host) return "gone";
  return hasHeartbeat(record, seen.nowMs) ? "alive" : "gone";
}
