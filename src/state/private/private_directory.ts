/**
 * Directories for secrets: 0700, with files of 0600, below the user's own state directory.
 *
 * On Windows there are no such modes; there the user's profile is closed to others by the system.
 */
import { StateFileError } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import { lookAt, readPlainText } from "../../system/plain_file.ts";

/** Where a user's private files are kept, whatever they hold. */
export interface UserStateOptions {
  /** The user's state directory, e.g. `~/.local/state/asset-generator`; made when it is needed. */
  readonly directory: string;
  /** For the ages of what is kept. */
  readonly clock: Pick<Clock, "now">;
}

/** Mode of files that may hold a server session. */
export const PRIVATE_FILE_MODE = 0o600;

const PRIVATE_DIRECTORY_MODE = 0o700;

/** Largest private file that is read, in bytes; a usual one has a thousand. */
const MAX_PRIVATE_BYTES = 1024 * 1024;

/**
 * Makes one of our own directories below the state directory, and closes it to others if it is open.
 *
 * The state directory itself is made if it is missing, but an existing one is left as it is: it may
 * be `/tmp` or another directory that is not only ours. Needs `--allow-read` and `--allow-write`.
 *
 * @param path A directory that nobody but this tool uses.
 * @throws {StateFileError} If it is open to others and cannot be closed, or is a link or no directory.
 */
export function makePrivateDirectory(path: string): void {
  const before = lookAt(path);
  // If a file is there instead, the system's own error says so.
  if (!before?.isDirectory && !before?.isSymlink) {
    Deno.mkdirSync(path, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
  }
  const about = before ?? Deno.lstatSync(path);
  requireDirectory(path, about);
  if (!isOpenToOthers(about)) return;
  try {
    Deno.chmodSync(path, PRIVATE_DIRECTORY_MODE);
  } catch (error) {
    throw new StateFileError(
      `Cannot keep records in "${path}": others may use it (make it yours, with mode 0700)`,
      { cause: error },
    );
  }
}

/**
 * Says, for people, if others may use a private directory; `null` if not, or if there is none.
 * Needs `--allow-read`.
 *
 * @throws {StateFileError} If it is a link or no directory: what is in it is not to be trusted.
 */
export function privacyProblem(path: string): string | null {
  const about = lookAt(path);
  if (about === null) return null;
  requireDirectory(path, about);
  if (!isOpenToOthers(about)) return null;
  return `Directory "${path}" is open to other users (chmod 700 closes it)`;
}

function requireDirectory(path: string, about: Deno.FileInfo): void {
  if (about.isDirectory) return;
  const found = about.isSymlink ? "it is a symbolic link" : "it is not a directory";
  throw new StateFileError(`Cannot keep records in "${path}": ${found} (remove it)`);
}

/**
 * Reads a file of a private directory; `null` if there is none. Needs `--allow-read`.
 *
 * @throws {NotPlainFileError} If it is no plain file, or larger than any that this tool writes.
 */
export function readPrivateText(path: string): Promise<string | null> {
  return readPlainText(path, { maxBytes: MAX_PRIVATE_BYTES });
}

/** Says whether the modes of a file or directory let others do anything with it. */
export function isOpenToOthers(about: Deno.FileInfo): boolean {
  return Deno.build.os !== "windows" && about.mode !== null && (about.mode & 0o077) !== 0;
}
