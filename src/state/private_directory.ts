/**
 * Directories for secrets: 0700, with files of 0600, below the user's own state directory.
 *
 * On Windows there are no such modes; there the user's profile is closed to others by the system.
 */
import { StateFileError } from "../errors.ts";
import { isNotFound } from "./system_reason.ts";

/** Mode of files that may hold a server session. */
export const PRIVATE_FILE_MODE = 0o600;

const PRIVATE_DIRECTORY_MODE = 0o700;

/**
 * Makes one of our own directories below the state directory, and closes it to others if it is open.
 *
 * The state directory itself is made if it is missing, but an existing one is left as it is: it may
 * be `/tmp` or another directory that is not only ours. Needs `--allow-read` and `--allow-write`.
 *
 * @param path A directory that nobody but this tool uses.
 * @throws {StateFileError} If it is open to others and cannot be closed, or is no directory.
 */
export function makePrivateDirectory(path: string): void {
  Deno.mkdirSync(path, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
  if (!isOpenToOthers(Deno.lstatSync(path))) return;
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
 */
export function privacyProblem(path: string): string | null {
  try {
    if (!isOpenToOthers(Deno.lstatSync(path))) return null;
    return `Directory "${path}" is open to other users (chmod 700 closes it)`;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

function isOpenToOthers(about: Deno.FileInfo): boolean {
  return Deno.build.os !== "windows" && about.mode !== null && (about.mode & 0o077) !== 0;
}
