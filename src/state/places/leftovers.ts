/**
 * Finds what is wrong in the places of the records: modes that are too open, files that were moved
 * aside, leftovers of killed processes, locks that are held. It only reads. Not loaded by `status`.
 */
import type { Clock } from "../../generation/clock.ts";
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import { decodeSession } from "../../generation/session.ts";
import { isJsonObject, parseJson } from "../../json_object.ts";
import { lookAt } from "../../system/look_at.ts";
import { joinPath, splitPath } from "../../system/path_parts.ts";
import { missingFlags } from "../../system/permissions.ts";
import { openPlain } from "../../system/plain_file.ts";
import { isTempName } from "../../system/replace_file.ts";
import {
  isOpenToOthers,
  type PrivateDirectory,
  trustedDirectory,
  type UserStatePlace,
} from "../private/private_directory.ts";
import { readPrivateText } from "../private/private_text.ts";
import { TRIAL_PREFIX } from "./try_directory.ts";

/** The private directories below the user's state directory. */
const PRIVATE = [
  "generations",
  "sessions",
  "logins",
  "live",
  "ended",
  "waits",
  "requests",
  "choices",
];
/** The age at which a temporary file can no longer be a write under way, in milliseconds. */
const TEMP_AGE_MS = 60_000;
/**
 * How long a lock must be held without interruption to count as held; a write takes a millisecond.
 */
const HELD_MS = 500;
const HELD_TRIES = 10;

/** Lists the private files that others can use; nothing on Windows, which has no modes. */
export async function findOpenToOthers(userDirectory: string): Promise<readonly string[]> {
  const open: string[] = [];
  for (const name of PRIVATE) {
    const directory = joinPath(userDirectory, name);
    if (isOpen(directory)) open.push(directory);
  }
  for (const name of ["generations", "sessions", "logins"]) {
    const directory = joinPath(userDirectory, name);
    for (const file of await namesIn(directory)) {
      const path = joinPath(directory, file);
      if (file.endsWith(".json") && isOpen(path)) open.push(path);
    }
  }
  return open;
}

/**
 * State files that could not be understood and were moved aside, and are still beside their old
 * place.
 */
export async function findCorrupt(stateFile: string): Promise<readonly string[]> {
  const { directory, name } = splitPath(stateFile);
  return (await namesIn(directory)).filter((each) => each.startsWith(`${name}.corrupt-`))
    .map((each) => joinPath(directory, each)).sort();
}

/** Temporary files that are older than any write takes. */
export async function findTemporary(places: {
  readonly stateFile: string | null;
  readonly userDirectory: string | null;
  readonly clock: Pick<Clock, "now">;
}): Promise<readonly string[]> {
  const { stateFile, userDirectory, clock } = places;
  const found: string[] = [];
  if (stateFile !== null) {
    const { directory, name } = splitPath(stateFile);
    for (const each of await namesIn(directory)) {
      if (isTempName(each, name) || each.startsWith(TRIAL_PREFIX)) {
        found.push(joinPath(directory, each));
      }
    }
  }
  if (userDirectory !== null) {
    for (const directory of [userDirectory, ...PRIVATE.map((n) => joinPath(userDirectory, n))]) {
      for (const each of await namesIn(directory)) {
        if (isTempName(each)) found.push(joinPath(directory, each));
      }
    }
  }
  return found.filter((path) => isOlder(path, clock.now() - TEMP_AGE_MS)).sort();
}

/** Counts owner locks that nobody holds and that belong to no record. */
export async function countDeadLocks(userDirectory: string): Promise<number> {
  const live = joinPath(userDirectory, "live");
  const records = new Set(await namesIn(joinPath(userDirectory, "generations")));
  let count = 0;
  for (const name of await namesIn(live)) {
    if (!name.endsWith(".lock") || records.has(name.replace(/lock$/, "json"))) continue;
    if (!await isHeld(joinPath(live, name))) count++;
  }
  return count;
}

/** Which of some lock files were held at every try during half a second. */
export async function findHeldLocks(paths: readonly string[]): Promise<readonly string[]> {
  let held = await onlyHeld(paths);
  for (let tries = 1; tries < HELD_TRIES && held.length > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, HELD_MS / HELD_TRIES));
    held = await onlyHeld(held);
  }
  return held;
}

/**
 * Counts the logins of this user that have a kept session for questions on a server. Never throws;
 * needs `--allow-read` for the user's state directory.
 *
 * @returns 0 if there are none or they cannot be read.
 */
export async function countKeptLogins(user: UserStatePlace, serverUrl: string): Promise<number> {
  const logins = new Set<string>();
  try {
    const directory = trustedDirectory("sessions", user);
    if (directory === null) return 0;
    for await (const { name } of Deno.readDir(directory.path)) {
      if (!name.endsWith(".json")) continue;
      const entry = parseJson(readOrNothing(directory, name));
      if (!isJsonObject(entry)) continue;
      const session = decodeSession(entry["session"]);
      const login = entry["credentials_hash"];
      if (session === null || typeof login !== "string") continue;
      if (isSameServerUrl(session.serverUrl, serverUrl)) logins.add(login);
    }
  } catch {
    // The directory does not exist yet, or must not be read: what was found counts.
  }
  return logins.size;
}

async function onlyHeld(paths: readonly string[]): Promise<readonly string[]> {
  const areHeld = await Promise.all(paths.map(isHeld));
  return paths.filter((_, index) => areHeld[index]);
}

function isOpen(path: string): boolean {
  try {
    const about = lookAt(path);
    return about !== null && isOpenToOthers(about);
  } catch {
    // It cannot even be checked, so it is not one of this tool's directories.
    return false;
  }
}

/**
 * A shared try on a file opened for reading: it does not need the right to write, and does not
 * disturb readers.
 */
async function isHeld(path: string): Promise<boolean> {
  try {
    using file = await openPlain(path, { write: false });
    return !file.tryLockSync(false);
  } catch {
    // The file does not exist, is not a plain file, or its file system has no locks: nobody is kept
    // out.
    return false;
  }
}

function isOlder(path: string, latestMs: number): boolean {
  try {
    return (Deno.lstatSync(path).mtime?.getTime() ?? latestMs) < latestMs;
  } catch {
    // Its writer has just finished with it.
    return false;
  }
}

/** The names in a directory; empty if it does not exist or must not be read. */
async function namesIn(directory: string): Promise<readonly string[]> {
  if (missingFlags(directory, { access: ["read"] }) !== null) return [];
  try {
    return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
  } catch {
    return [];
  }
}

function readOrNothing(directory: PrivateDirectory, name: string): string {
  try {
    return readPrivateText(directory, name) ?? "";
  } catch {
    // It was replaced or removed since it was listed.
    return "";
  }
}
