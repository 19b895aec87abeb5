/**
 * Files that are being written and do not have their final name yet.
 *
 * Each one is locked as long as its writer is alive, however that ends. So the next process can
 * tell leftovers from files that another process is writing right now. On a file system without
 * locks, a file counts as a leftover after a day.
 */
import { AppError } from "../errors.ts";
import { joinPath } from "../system/path_parts.ts";

/** Only files with such names are this tool's. */
const OWN_NAME = /^\.asset-generator\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.part$/;
/** Without locks: the age at which a file counts as a leftover, in milliseconds. */
const OLD_MS = 24 * 60 * 60 * 1000;
/** Another process may remove a new file before it is locked, but not so many times in a row. */
const ATTEMPTS_MAX = 20;

/** A file under a temporary name. */
export interface UnfinishedFile extends Disposable {
  readonly path: string;
  readonly file: Deno.FsFile;
}

/**
 * Makes one. Disposing closes the file, which releases the lock. Needs read and write permission
 * for the directory.
 */
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
 * Removes the leftovers of dead processes from a directory. Never throws: what cannot be checked or
 * removed stays.
 */
export async function sweepUnfinished(directory: string): Promise<void> {
  try {
    for await (const { name, isFile } of Deno.readDir(directory)) {
      if (isFile && OWN_NAME.test(name)) await removeIfLeft(joinPath(directory, name));
    }
  } catch {
    // The main task must not fail because old files cannot be removed.
  }
}

/** Locks a new file; `false` if another process removed it first. */
async function claim(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    if (!await file.tryLock(true)) return false;
  } catch {
    // This file system has no locks; only the age counts then.
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
    // Opened for writing too: then it does not block on a named pipe that somebody may have put
    // there.
    using file = await Deno.open(path, { read: true, write: true });
    if (await isLeft(file)) await Deno.remove(path);
  } catch {
    // It belongs to another user, or is already gone.
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
