/**
 * Owner locks: `live/<id>.lock` in the user's state directory. A generation's process holds it for
 * as long as it lives. The system releases it however the process ends, so whoever can take it
 * knows that the owner is gone, without the right to look at other processes.
 *
 * What it does not show: whether a stopped or sleeping owner will continue; anything about other
 * machines, users or state directories; anything on a file system without locks (`unseen`).
 */
import { isSafeId } from "../../generation/generation.ts";
import type { LockState, OwnerHold, OwnerLocks } from "../../generation/records/owner.ts";
import { isNotFound } from "../../system/look_at.ts";
import { joinPath } from "../../system/path_parts.ts";
import { missingFlags } from "../../system/permissions.ts";
import { openPlain } from "../../system/plain_file.ts";
import {
  type PrivateDirectory,
  trustedDirectory,
  type UserStateOptions,
} from "./private_directory.ts";

/** The directory of owner locks, below the user's state directory. */
export const OWNER_LOCK_DIRECTORY = "live";

/** The end of a lock's name, after the id. */
export const OWNER_LOCK_SUFFIX = ".lock";

/** Where owner locks lie. */
export interface OwnerLocksOptions extends UserStateOptions {
  /** How long to wait for a lock that another process holds, in milliseconds. @default {1000} */
  readonly waitMs?: number;
}

/**
 * The owner locks of this user on this machine.
 *
 * `probe()` needs `--allow-read` for the directory, `hold()` also `--allow-write`. Creating it
 * reads and writes nothing.
 */
export function createOwnerLocks(options: OwnerLocksOptions): OwnerLocks {
  return new FileOwnerLocks(options);
}

class FileOwnerLocks implements OwnerLocks {
  readonly #options: OwnerLocksOptions;

  constructor(options: OwnerLocksOptions) {
    this.#options = options;
  }

  async hold(id: string): Promise<OwnerHold> {
    const { holdOwnerLock } = await import("./owner_hold.ts");
    return await holdOwnerLock(id, this.#options);
  }

  async probe(id: string): Promise<LockState> {
    if (!isSafeId(id) || missingFlags(this.#options.directory, { access: ["read"] }) !== null) {
      return "unseen";
    }
    try {
      const live = trustedDirectory(OWNER_LOCK_DIRECTORY, this.#options);
      return live === null ? "unseen" : await lookAtLock(live, id);
    } catch {
      return "unseen";
    }
  }
}

async function lookAtLock({ path, uid }: PrivateDirectory, id: string): Promise<LockState> {
  try {
    using file = await openPlain(joinPath(path, id + OWNER_LOCK_SUFFIX), { write: false });
    if (file.statSync().uid !== uid) return "unseen";
    return file.tryLockSync(false) ? "free" : "held";
  } catch (error) {
    if (isNotFound(error)) return "absent";
    throw error;
  }
}
