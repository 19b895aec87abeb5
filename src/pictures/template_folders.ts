/** The folders that a template for file names makes below the folder for pictures. */
import { AppError } from "../errors.ts";
import { isTrustedOwner } from "../system/follow_links.ts";
import { lookAt } from "../system/look_at.ts";
import { joinPath, splitPath } from "../system/path_parts.ts";

/**
 * Makes the folders of a name. Somebody else may write in the folder for pictures, and a link of
 * theirs would have the picture appear wherever they like. So a link below it is followed only if
 * it belongs to this user or to the superuser. On Windows, where making links is a right of its
 * own, all are followed.
 *
 * What it does not guarantee: that a folder is not replaced by a link after it was checked.
 *
 * @param below.directory The folder for pictures. The user named it: it may be a link.
 * @param below.uid This user, as shown by a file that was just made; `null`: not known.
 * @returns The path of the file.
 * @throws {AppError} If there is a link of another user on the way.
 * @throws What the system throws.
 */
export async function makeTemplateFolders(
  name: string,
  below: { readonly directory: string; readonly uid: number | null },
): Promise<string> {
  const path = joinPath(below.directory, name);
  const folders = splitPath(name).directory;
  if (folders === ".") return path;
  let current = below.directory;
  for (const folder of folders.split("/")) {
    current = joinPath(current, folder);
    await Deno.mkdir(current).catch(ignoreExisting);
    const about = lookAt(current);
    if (!about?.isSymlink || below.uid === null) continue;
    if (isTrustedOwner(about, below.uid)) continue;
    throw new AppError(
      "failed",
      `Cannot save "${path}": "${current}" is a link of another user (remove it, or choose another ` +
        "directory with --output-dir)",
    );
  }
  return path;
}

/** If it is no folder, whatever is done in it fails. */
function ignoreExisting(error: unknown): void {
  if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
}
