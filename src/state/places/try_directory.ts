/**
 * Tries a directory out: makes a file, locks it against a second handle, renames, reads and removes
 * it. Asynchronous, so that a network file system that hangs blocks nothing else. Not loaded by
 * `status`.
 */
import type { DirectoryTrial, LockSupport } from "../../doctor/places.ts";
import { systemReason } from "../../errors.ts";
import { isNotFound } from "../../system/look_at.ts";
import { joinPath, splitPath } from "../../system/path_parts.ts";
import { missingFlags, READ_WRITE } from "../../system/permissions.ts";
import { PRIVATE_FILE_MODE } from "../private/private_text.ts";

const TEXT = "written by asset-generator doctor\n";

/** The beginning of the names of the files that a trial makes. They are removed however it ends. */
export const TRIAL_PREFIX = ".asset-generator-doctor-";

/**
 * Tries a directory. Never throws, never prompts, leaves nothing behind.
 *
 * Needs `--allow-read` and `--allow-write` for it; without them the result says so.
 *
 * @param options.orAbove Tries the nearest existing directory above it, as far as Deno allows: for
 * directories that are made when they are first needed.
 */
export async function tryDirectory(
  path: string,
  options: { readonly orAbove: boolean },
): Promise<DirectoryTrial> {
  const needs = missingFlags(path, { access: READ_WRITE });
  if (needs !== null) {
    const canRead = missingFlags(path, { access: ["read"] }) === null;
    return { kind: "permission", path, needs, canRead };
  }
  try {
    const place = options.orAbove ? await nearestThere(path) : path;
    if (place === null) return { kind: "not_there", path };
    return { kind: "works", path, exists: place === path, locks: await tryFiles(place) };
  } catch (error) {
    return { kind: "failed", path, message: systemReason(error) };
  }
}

/**
 * The directory itself or the nearest existing one above it; `null` if Deno does not allow to see
 * one.
 */
async function nearestThere(path: string): Promise<string | null> {
  for (let current = path;;) {
    if (missingFlags(current, { access: READ_WRITE }) !== null) return null;
    try {
      await Deno.stat(current);
      return current;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const above = splitPath(current).directory;
    if (above === current) return null;
    current = above;
  }
}

async function tryFiles(directory: string): Promise<LockSupport> {
  const first = joinPath(directory, `${TRIAL_PREFIX}${crypto.randomUUID()}.tmp`);
  const second = joinPath(directory, `${TRIAL_PREFIX}${crypto.randomUUID()}.tmp`);
  try {
    await Deno.writeTextFile(first, TEXT, { createNew: true, mode: PRIVATE_FILE_MODE });
    const locks = await tryLocks(first);
    await Deno.rename(first, second);
    if (await Deno.readTextFile(second) !== TEXT) {
      throw new Error("what was read is not what was written");
    }
    return locks;
  } finally {
    for (const path of [first, second]) await Deno.remove(path).catch(ignoreMissing);
  }
}

async function tryLocks(path: string): Promise<LockSupport> {
  const how = { read: true, write: true };
  using holder = await Deno.open(path, how);
  using other = await Deno.open(path, how);
  try {
    if (!await holder.tryLock(true)) {
      return { kind: "refused", message: "nobody else has the lock" };
    }
    return await other.tryLock(true) ? { kind: "ignored" } : { kind: "works" };
  } catch (error) {
    return { kind: "refused", message: systemReason(error) };
  }
}

/** One of the two files never exists, and if one cannot be removed, an earlier error said why. */
function ignoreMissing(): void {}
