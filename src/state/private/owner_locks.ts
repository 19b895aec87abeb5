/**
 * Owner locks: `live/<id>.lock` in the user's state directory, held by a generation's process for as
 * long as it lives. The system frees it however the process ends, so whoever can take it knows that
 * the owner is gone, without any right to look at other processes.
 *
 * What it does not tell: whether a stopped or sleeping owner will go on; anything of other machines,
 * users or state directories; anything where the file system has no locks (`unseen`).
 */
import type { Clock } from "../../generation/clock.ts";
import { isSafeId, RECORD_LIFETIME_MS } from "../../generation/generation.ts";
import type { LockState, OwnerHold, OwnerLocks } from "../../generation/owner.ts";
import { StateFileError } from "../../errors.ts";
import { removeIfThere } from "../../system/replace_file.ts";
import { missingFlags } from "../../system/permissions.ts";
import { isNotFound, openPlain } from "../../system/plain_file.ts";
import { makePrivateDirectory, PRIVATE_FILE_MODE } from "./private_directory.ts";
import { joinPath } from "../../system/path_parts.ts";
import { sweep } from "./sweep.ts";
import { changeState } from "../state_change.ts";

const SUFFIX = ".lock";
/** A reader's probe is in the way for an instant only; a second of it means another owner. */
const DEFAULT_WAIT_MS = 1_000;
const PAUSE_MS = 10;

/** Where owner locks lie. */
export interface OwnerLocksOptions {
  /** The user's state directory, the same as the user store's; made when it is needed. */
  readonly directory: string;
  /** For the ages of locks that were left behind. */
  readonly clock: Pick<Clock, "now">;
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
  readonly #base: string;
  readonly #directory: string;
  readonly #clock: Pick<Clock, "now">;
  readonly #waitMs: number;

  constructor(options: OwnerLocksOptions) {
    this.#base = options.directory;
    this.#directory = joinPath(options.directory, "live");
    this.#clock = options.clock;
    this.#waitMs = options.waitMs ?? DEFAULT_WAIT_MS;
  }

  async hold(id: string): Promise<OwnerHold> {
    if (!isSafeId(id)) {
      throw new StateFileError("Cannot hold an owner lock: its id is not safe in a path");
    }
    const action = `Cannot hold the owner lock of ${id}`;
    return await changeState({ directory: this.#base, action }, async () => {
      makePrivateDirectory(this.#directory);
      // A record that is a day old is not shown any more, so nobody asks for its lock.
      const latest = this.#clock.now() - RECORD_LIFETIME_MS;
      await sweep(
        this.#directory,
        async ({ name, path, touchedAt }) =>
          isLockName(name) && touchedAt < latest && await isFree(path),
      );
      const path = this.#pathOf(id);
      return new Hold(await this.#take(path, action), path);
    });
  }

  async probe(id: string): Promise<LockState> {
    if (!isSafeId(id) || missingFlags(this.#base, { access: ["read"] }) !== null) return "unseen";
    try {
      using file = await openPlain(this.#pathOf(id), { write: false });
      return file.tryLockSync(false) ? "free" : "held";
    } catch (error) {
      return isNotFound(error) && isDirectory(this.#directory) ? "absent" : "unseen";
    }
  }

  async #take(path: string, action: string): Promise<Deno.FsFile> {
    const file = await openPlain(path, { write: true, make: { mode: PRIVATE_FILE_MODE } });
    try {
      const endMs = performance.now() + this.#waitMs;
      while (!file.tryLockSync(true)) {
        if (performance.now() > endMs) {
          throw new StateFileError(`${action}: another process holds it`);
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  #pathOf(id: string): string {
    return joinPath(this.#directory, id + SUFFIX);
  }
}

class Hold implements OwnerHold {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  #isLetGo = false;

  constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  release(): void {
    if (this.#isLetGo) return;
    this.abandon();
    removeIfThere(this.#path);
  }

  abandon(): void {
    if (this.#isLetGo) return;
    this.#isLetGo = true;
    this.#file.close();
  }
}

function isLockName(name: string): boolean {
  return name.endsWith(SUFFIX) && isSafeId(name.slice(0, -SUFFIX.length));
}

async function isFree(path: string): Promise<boolean> {
  try {
    using file = await openPlain(path, { write: false });
    return file.tryLockSync(false);
  } catch {
    // Gone, or nothing of ours: it is left alone.
    return false;
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
