/**
 * Directories for secrets: mode 0700, with files of mode 0600, below the user's state directory.
 * Their content is trusted more than anything else, so it is read only if nobody else can have put
 * it there: see `trustedDirectory()`.
 *
 * Windows has no such modes; there the system closes the user's profile to others.
 */
import { StateFileError } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import { isSafeId } from "../../generation/generation.ts";
import { isNotFound, lookAt } from "../../system/look_at.ts";
import { directoriesAbove, joinPath } from "../../system/path_parts.ts";
import { missingFlags } from "../../system/permissions.ts";

/** How the files of records end. */
export const RECORD_SUFFIX = ".json";

/** Says whether a file of this name is a record. */
export function isRecordName(name: string): boolean {
  return name.endsWith(RECORD_SUFFIX) && isSafeId(name.slice(0, -RECORD_SUFFIX.length));
}

/** The path of a record's file; `null` for an id that must not be used in a path. */
export function recordPath(directory: string, id: string): string | null {
  return isSafeId(id) ? joinPath(directory, id + RECORD_SUFFIX) : null;
}

/** Where a user's private files are kept. */
export interface UserStateOptions {
  /** The user's state directory, e.g. `~/.local/state/asset-generator`; made when it is needed. */
  readonly directory: string;
  /** The user's home directory, whose owner shows who this user is. @default {not known} */
  readonly home?: string | null;
  /** For the age of files. */
  readonly clock: Pick<Clock, "now">;
}

/** The parts of it that `trustedDirectory()` needs. */
export type UserStatePlace = Omit<UserStateOptions, "clock">;

/** A private directory that nobody else can have written to, or only before it was closed. */
export interface PrivateDirectory {
  readonly path: string;
  /** Its owner, who must also own the files in it; `null` on Windows. */
  readonly uid: number | null;
}

/** Others could have put something into the state directory, so nothing there is trusted. */
export class NotPrivateError extends StateFileError {
  readonly found: string;
  readonly advice: string;

  constructor(
    base: string,
    { found, advice }: { readonly found: string; readonly advice: string },
  ) {
    super(`Cannot use this user's state directory "${base}": ${found} (${advice})`);
    this.found = found;
    this.advice = advice;
  }
}

const NAME_ANOTHER = "name another directory with ASSET_GENERATOR_STATE_DIR";

const STICKY = 0o1000;

/**
 * One of this tool's directories below the state directory, for reading; `null` if it does not
 * exist.
 *
 * Nobody else may be able to write into the state directory, or to use this tool's directories.
 * This also shows who owns them, without asking who this user is: if they are closed to all others
 * and can be used, they are this user's. Only the superuser can use everything; if `--allow-read`
 * allows it, the home directory shows who the superuser acts for, provided it is closed to others.
 *
 * Needs `--allow-read`. Makes three checks at most if it exists.
 *
 * @throws {NotPrivateError} If others could have put something there, or if it is a link.
 * @throws What the system throws.
 */
export function trustedDirectory(name: string, user: UserStatePlace): PrivateDirectory | null {
  const { directory } = user;
  const base = requirePrivateBase(user);
  const about = lookAt(joinPath(directory, name));
  if (about !== null) return requirePrivate(name, { base: directory, about });
  if (base !== null && isOpenToOthers(base) && !holdsPrivate(directory)) {
    requireClosedAbove(directory);
  }
  return null;
}

/**
 * Checks that nobody else can have made a state directory: in place of this user's own one, an
 * empty one hides all records. Only a directory that everybody can write counts, with the sticky
 * bit too: many systems give new directories to a group of the user's own. A directory that is
 * closed to others, and can be used, is this user's, and so is what is in it.
 *
 * @throws {NotPrivateError} If everybody can write in a directory above it.
 */
function requireClosedAbove(base: string): void {
  for (const place of directoriesAbove(base)) {
    if (missingFlags(place, { access: ["read"] }) !== null) return;
    const about = statOrNull(place);
    if (about === null || !isOpenToOthers(about)) return;
    if (((about.mode ?? 0) & 0o002) === 0) continue;
    throw new NotPrivateError(base, {
      found: `everybody can write in "${place}", so somebody else may have made it`,
      advice: `remove it if it is not yours, or ${NAME_ANOTHER}`,
    });
  }
}

/** Whether a state directory has a closed directory that can be used: then it is this user's. */
function holdsPrivate(base: string): boolean {
  try {
    return Array.from(Deno.readDirSync(base)).some(({ name }) => {
      const about = lookAt(joinPath(base, name));
      if (!about?.isDirectory || isOpenToOthers(about)) return false;
      lookAt(joinPath(base, `${name}/${crypto.randomUUID()}`));
      return true;
    });
  } catch {
    return false;
  }
}

/**
 * Checks that a user's state directory, if it exists, is nobody else's. Needs `--allow-read`.
 *
 * @returns The directory; `null` if there is none, and on Windows.
 * @throws {NotPrivateError} If others can write into it, or if it belongs to somebody else.
 */
export function requirePrivateBase(
  { directory, home = null }: UserStatePlace,
): Deno.FileInfo | null {
  if (Deno.build.os === "windows") return null;
  const about = statOrNull(directory);
  // The system refuses what is not a directory. `/dev/null`, for example, must not be advised to be
  // closed.
  if (!about?.isDirectory) return null;
  const mode = about.mode ?? 0;
  if ((mode & 0o022) !== 0) {
    // A user of a directory with the sticky bit, such as /tmp, cannot close it.
    const close = (mode & STICKY) !== 0 ? "" : "close it with chmod go-w, or ";
    throw new NotPrivateError(directory, {
      found: "other users can write there",
      advice: close + NAME_ANOTHER,
    });
  }
  if (about.uid !== null && home !== null && isSomebodyElse(about.uid, home)) {
    throw new NotPrivateError(directory, {
      found: "it belongs to another user",
      advice: NAME_ANOTHER,
    });
  }
  return about;
}

/**
 * Says whether a user is certainly neither this one nor the superuser; `false` if this is not
 * known.
 */
function isSomebodyElse(uid: number, home: string): boolean {
  if (uid === 0 || missingFlags(home, { access: ["read"] }) !== null) return false;
  try {
    const about = Deno.statSync(home);
    if (about.uid === uid || isOpenToOthers(about)) return false;
    // It is closed to others: whoever can look into it is its owner or the superuser.
    lookAt(joinPath(home, `.${crypto.randomUUID()}`));
    return true;
  } catch {
    // It is not this user's home: `sudo` keeps the variable, and in a container it may be
    // anybody's.
    return false;
  }
}

/**
 * Checks that one of this tool's directories is nobody else's.
 *
 * @throws {NotPrivateError} If it is open to others, a link, or no directory.
 */
export function requirePrivate(name: string, { base, about }: {
  readonly base: string;
  readonly about: Deno.FileInfo;
}): PrivateDirectory {
  if (!about.isDirectory) {
    const what = about.isSymlink ? "a symbolic link" : "not a directory";
    throw new NotPrivateError(base, { found: `"${name}" in it is ${what}`, advice: "remove it" });
  }
  if (isOpenToOthers(about)) {
    throw new NotPrivateError(base, {
      found: `"${name}" in it is open to other users`,
      advice: "close it with chmod 700",
    });
  }
  return { path: joinPath(base, name), uid: about.uid };
}

/** Says whether the mode of a file or directory lets others use it in any way. */
export function isOpenToOthers(about: Deno.FileInfo): boolean {
  return Deno.build.os !== "windows" && about.mode !== null && (about.mode & 0o077) !== 0;
}

function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
