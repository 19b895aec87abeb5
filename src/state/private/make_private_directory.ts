/** Makes the directories of `private_directory.ts`; a look at what is there makes none. */
import { lookAt } from "../../system/look_at.ts";
import { joinPath } from "../../system/path_parts.ts";
import {
  isOpenToOthers,
  type PrivateDirectory,
  requirePrivate,
  requirePrivateBase,
  type UserStatePlace,
} from "./private_directory.ts";

const PRIVATE_DIRECTORY_MODE = 0o700;

/**
 * Makes one of this tool's directories below the state directory, and closes it to others if it is
 * open. The state directory itself is made if it is missing, else left as it is. Needs
 * `--allow-read` and `--allow-write`.
 *
 * @param name A directory that only this tool uses.
 * @throws {NotPrivateError} As `trustedDirectory()`, if it cannot be closed either.
 * @throws What the system throws.
 */
export function makePrivateDirectory(name: string, user: UserStatePlace): PrivateDirectory {
  const path = joinPath(user.directory, name);
  requirePrivateBase(user);
  const before = lookAt(path);
  // If there is a file instead, the system's own error says so.
  if (!before?.isDirectory && !before?.isSymlink) {
    Deno.mkdirSync(path, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
  } else if (before.isDirectory && isOpenToOthers(before)) {
    try {
      Deno.chmodSync(path, PRIVATE_DIRECTORY_MODE);
    } catch {
      // It belongs to somebody else, or the file system has no modes: it is refused below.
    }
  }
  return requirePrivate(name, { base: user.directory, about: Deno.lstatSync(path) });
}
