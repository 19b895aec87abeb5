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
import type { UserStateOptions } from "./private_directory.ts";

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
  readonly #directory: string;

  constructor(options: OwnerLocksOptions) {
    this.#options = options;
    this.#directory = joinPath(options.directory, "live");
  }

  async hold(id: string): Promise<OwnerHold> {
    const { holdOwnerLock } = await import("./owner_hold.ts");
    return await holdOwnerLock(id, { ...this.#options, live: this.#directory });
  }

  async probe(id: string): Promise<LockState> {
    if (!isSafeId(id) || missingFlags(this.#options.directory, { access: ["read"] }) !== null) {
      return "unseen";
    }
    try {
      using file = await openPlain(joinPath(this.#directory, id + OWNER_LOCK_SUFFIX), {
        write: false,
      });
      return file.tryLockSync(false) ? "free" : "held";
    } catch (error) {
      return isNotFound(error) && isDirectory(this.#directory) ? "absent" : "unseen";
    }
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
