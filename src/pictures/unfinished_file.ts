/**
 * Files that are being written and have no name of their own yet.
 *
 * Each is locked for as long as its writer lives, whatever ends it: so the next run can tell what was
 * left behind from what another process is writing right now. Nothing is promised where a file system
 * has no locks; there a file counts as left behind after a day.
 */
import { AppError } from "../errors.ts";
import { joinPath } from "../system/path_parts.ts";

/** Only such names are ours. */
const OWN_NAME = /^\.asset-generator\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/;
/** Without locks: the age in milliseconds from which a file is taken for left behind. */
const OLD_MS = 24 * 60 * 60 * 1000;
/** Another process may remove a new file before it is locked, but not so many times in a row. */
const ATTEMPTS_MAX = 20;

/** A file under a name that nobody looks for. */
export interface UnfinishedFile extends Disposable {
  readonly path: string;
  readonly file: Deno.FsFile;
}

/** Makes one; disposing closes it, which gives it up. Needs read and write for the directory. */
export async function openUnfinished(directory: string): Promise<UnfinishedFile> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const path = joinPath(directory, `.asset-generator.${crypto.randomUUID()}.part`);
    const file = await Deno.open(path, { read: true, write: true, createNew: true });
    if (await claim(file, path)) return { path, file, [Symbol.dispose]: () => file.close() };
    file.close();
  }
  throw new AppError("failed", `Cannot write in "${directory}": new files vanish from it`);
}

/**
 * Removes what processes that are gone left in a directory. Never throws: what cannot be looked at or
 * removed stays.
 */
export async function sweepUnfinished(directory: string): Promise<void> {
  try {
    for await (const { name, isFile } of Deno.readDir(directory)) {
      if (isFile && OWN_NAME.test(name)) await removeIfLeft(joinPath(directory, name));
    }
  } catch {
    // What is being done must not fail because old files cannot be removed.
  }
}

/** Locks a new file; `false` if a sweeper was faster. */
async function claim(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    if (!await file.tryLock(true)) return false;
  } catch {
    // No locks on this file system; nothing but its age is looked at then.
    return true;
  }
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function removeIfLeft(path: string): Promise<void> {
  try {
    // For writing too: a named pipe that somebody put there meanwhile does not block then.
    using file = await Deno.open(path, { read: true, write: true });
    if (await isLeft(file)) await Deno.remove(path);
  } catch {
    // Of another user, or gone already.
  }
}

async function isLeft(file: Deno.FsFile): Promise<boolean> {
  try {
    return await file.tryLock(true);
  } catch {
    const { mtime } = await file.stat();
    return mtime !== null && Date.now() - mtime.getTime() > OLD_MS;
  }
}
