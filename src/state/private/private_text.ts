/** Files in directories for secrets: mode 0600, small, and put there by nobody else. */
import { isNotFound, lookAt, NotPlainFileError, requirePlain } from "../../system/look_at.ts";
import { joinPath } from "../../system/path_parts.ts";
import { missingFlags } from "../../system/permissions.ts";
import {
  type PrivateDirectory,
  trustedDirectory,
  type UserStatePlace,
} from "./private_directory.ts";

/** Mode of files that may hold a server session. */
export const PRIVATE_FILE_MODE = 0o600;

/** The largest private file that is read, in bytes; a usual one has a thousand. */
const MAX_PRIVATE_BYTES = 1024 * 1024;

/**
 * Reads a file of one of this tool's directories; `null` if there is none, or if it may not or cannot
 * be read: whatever is kept there can be had anew. Needs `--allow-read`.
 *
 * @param name The directory, below the user's.
 * @param limits As for `readPrivateText()`.
 */
export function readKeptText(
  name: string,
  file: string,
  { user, ...limits }: { readonly user: UserStatePlace; readonly maxBytes?: number },
): string | null {
  if (missingFlags(user.directory, { access: ["read"] }) !== null) return null;
  try {
    const directory = trustedDirectory(name, user);
    return directory && readPrivateText(directory, file, limits);
  } catch {
    return null;
  }
}

/**
 * Reads a file of a private directory; `null` if there is none. Needs `--allow-read`. Nobody else can
 * put anything there, so what was looked at is what is read.
 *
 * @param limits.maxBytes Larger files are not read. @default {1048576}
 * @throws {NotPlainFileError} If it is not a plain file, belongs to somebody else (who put it there
 * while the directory was open), or is too large.
 */
export function readPrivateText(
  directory: PrivateDirectory,
  name: string,
  { maxBytes = MAX_PRIVATE_BYTES }: { readonly maxBytes?: number } = {},
): string | null {
  const path = joinPath(directory.path, name);
  const about = lookAt(path);
  if (about === null) return null;
  requirePlain(about);
  const { uid, size } = about;
  if (uid !== directory.uid) throw new NotPlainFileError("it belongs to another user");
  if (size > maxBytes) throw new NotPlainFileError(`it has ${size} bytes, more than ${maxBytes}`);
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    // It was removed since.
    if (isNotFound(error)) return null;
    throw error;
  }
}
