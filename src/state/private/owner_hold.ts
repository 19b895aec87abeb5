/** Holds an owner lock, in a process that generates. Checking locks does not load this file. */
import { StateFileError } from "../../errors.ts";
import { isSafeId, RECORD_LIFETIME_MS } from "../../generation/generation.ts";
import type { OwnerHold } from "../../generation/records/owner.ts";
import { joinPath } from "../../system/path_parts.ts";
import { openPlain } from "../../system/plain_file.ts";
import { removeIfThere } from "../../system/replace_file.ts";
import { changeState } from "../state_change.ts";
import { OWNER_LOCK_DIRECTORY, OWNER_LOCK_SUFFIX, type OwnerLocksOptions } from "./owner_locks.ts";
import { makePrivateDirectory } from "./make_private_directory.ts";
import { PRIVATE_FILE_MODE } from "./private_text.ts";
import { sweep } from "./sweep.ts";

/** A reader's check blocks the lock only for a moment; after a second, it must be another owner. */
const DEFAULT_WAIT_MS = 1_000;
const PAUSE_MS = 10;

/**
 * Takes the lock of a generation, and removes locks left by others.
 *
 * @throws As described in the port `OwnerLocks`.
 */
export async function holdOwnerLock(
  id: string,
  options: OwnerLocksOptions,
): Promise<OwnerHold> {
  if (!isSafeId(id)) {
    throw new StateFileError("Cannot hold an owner lock: its id is not safe in a path");
  }
  const { waitMs = DEFAULT_WAIT_MS } = options;
  const action = `Cannot hold the owner lock of ${id}`;
  return await changeState({ directory: options.directory, action }, async () => {
    const live = makePrivateDirectory(OWNER_LOCK_DIRECTORY, options).path;
    // A record that is a day old is not shown any more, so nobody needs its lock.
    const latest = options.clock.now() - RECORD_LIFETIME_MS;
    await sweep(
      live,
      async ({ name, path, touchedAt }) =>
        isLockName(name) && touchedAt < latest && await isFree(path),
    );
    const path = joinPath(live, id + OWNER_LOCK_SUFFIX);
    return new Hold(await take(path, { action, waitMs }), path);
  });
}

async function take(
  path: string,
  { action, waitMs }: { readonly action: string; readonly waitMs: number },
): Promise<Deno.FsFile> {
  const file = await openPlain(path, { write: true, make: { mode: PRIVATE_FILE_MODE } });
  try {
    const endMs = performance.now() + waitMs;
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
  return name.endsWith(OWNER_LOCK_SUFFIX) && isSafeId(name.slice(0, -OWNER_LOCK_SUFFIX.length));
}

async function isFree(path: string): Promise<boolean> {
  try {
    using file = await openPlain(path, { write: false });
    return file.tryLockSync(false);
  } catch {
    // It is gone, or not this tool's file: it is left alone.
    return false;
  }
}
