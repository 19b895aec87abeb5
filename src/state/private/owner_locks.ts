/**
 * Owner locks: `live/<id>.lock` in the user's state directory, held by a generation's process for as
 * long as it lives. The system frees it however the process ends, so whoever can take it knows that
 * the owner is gone, without any right to look at other processes.
 *
 * What it does not tell: whether a stopped or sleeping owner will go on; anything of other machines,
 * users or state directories; anything where the file system has no locks (`unseen`).
 */
import { isSafeId } from "../../generation/generation.ts";
import type { LockState, OwnerHold, OwnerLocks } from "../../generation/owner.ts";
import { joinPath } from "../../system/path_parts.ts";
import { missingFlags } from "../../system/permissions.ts";
import { isNotFound, openPlain } from "../../system/plain_file.ts";
import {
  type PrivateDirectory,
  trustedDirectory,
  type UserStateOptions,
} from "./private_directory.ts";

/** Where owner locks lie, below the user's state directory. */
export const OWNER_LOCK_DIRECTORY = "live";

/** How the name of a lock goes on after the id. */
export const OWNER_LOCK_SUFFIX = ".lock";

/** Where owner locks lie. */
export interface OwnerLocksOptions extends UserStateOptions {
  /** How long somebody else's lock is waited for, in milliseconds. @default {1000} */
  readonly waitMs?: number;
}

/**
 * The owner locks of this user on this machine.
 *
 * `probe()` needs `--allow-read` for the directory, `hold()` `--allow-write` too. Creating it touches
 * nothing.
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
