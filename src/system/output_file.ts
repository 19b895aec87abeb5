/**
 * A file that the user named for output: what lies there is respected, then it is replaced in one
 * step. Not on the path of `status`.
 */
import { AppError, PermissionError, systemReason } from "../errors.ts";
import { joinPath, splitPath } from "./path_parts.ts";
import { missingFlags, READ_WRITE } from "./permissions.ts";
import { replaceFile } from "./replace_file.ts";

/** Links one behind another that are followed, as many as Linux follows. */
const LINKS_MAX = 40;

/**
 * Says at once what would keep a file from being written: a missing permission, a missing directory.
 * No promise: the disk may be full later.
 *
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {AppError} If there is no such directory, the path is one, or the file is read-only.
 */
export async function checkWritable(path: string): Promise<void> {
  requirePermission(path);
  try {
    const { path: finalPath, stat } = await behindLinks(path);
    const parent = await Deno.stat(splitPath(finalPath).directory);
    if (!parent.isDirectory) {
      throw new Deno.errors.NotADirectory("part of its path is not a directory");
    }
    if (stat?.isDirectory) throw new Deno.errors.IsADirectory("it is a directory");
    if (stat?.isFile) await requireNotReadOnly(finalPath, stat);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Writes a file so that nobody ever sees half of it: a new file beside it, then a rename.
 *
 * A symlink is followed, also one that leads to nothing yet, so that its target is written and not
 * the link; the mode of a file that was there is kept. What is no regular file (`/dev/null`, a named
 * pipe) is written to directly: to replace it would destroy it. No promise is made for a power failure: nothing is synced.
 *
 * Needs `--allow-read` and `--allow-write` for the file's directory.
 *
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {AppError} If it could not be written; a file that was there is as it was.
 */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  requirePermission(path);
  try {
    await replace(path, text);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function requirePermission(path: string): void {
  const needs = missingFlags(splitPath(path).directory, { access: READ_WRITE });
  if (needs !== null) {
    throw new PermissionError(`Cannot write "${path}": not allowed (add ${needs})`, needs);
  }
}

function cannotWrite(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return new AppError("failed", `Cannot write "${path}": ${systemReason(error)}`, { cause: error });
}

async function replace(path: string, text: string): Promise<void> {
  const { path: finalPath, stat } = await behindLinks(path);
  if (stat === null) return await replaceFile(finalPath, text);
  if (stat.isDirectory) throw new Deno.errors.IsADirectory("it is a directory");
  if (!stat.isFile) return await Deno.writeTextFile(finalPath, text);
  await requireNotReadOnly(finalPath, stat);
  const mode = stat.mode === null ? {} : { mode: stat.mode & 0o7777 };
  await replaceFile(finalPath, text, mode);
}

/**
 * A new file in its place would need no right to write it, so that is looked for. A file that nobody
 * may write is read-only for the superuser too: somebody meant it to stay as it is.
 */
async function requireNotReadOnly(path: string, { mode }: Deno.FileInfo): Promise<void> {
  const isWritable = Deno.build.os === "windows" || mode === null || (mode & 0o222) !== 0;
  try {
    if (!isWritable) throw new Deno.errors.PermissionDenied();
    (await Deno.open(path, { write: true })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new Deno.errors.PermissionDenied("it is read-only (make it writable, or name another)");
  }
}

interface Target {
  readonly path: string;
  /** `null`: nothing is there. */
  readonly stat: Deno.FileInfo | null;
}

/** What a path leads to through all symlinks, also if that is not there yet. */
async function behindLinks(path: string): Promise<Target> {
  let current = path;
  for (let hops = 0; hops < LINKS_MAX; hops++) {
    try {
      const realPath = await Deno.realPath(current);
      return { path: realPath, stat: await Deno.stat(realPath) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const next = await linkTarget(current);
    if (next === null) return { path: current, stat: null };
    current = /^([/\\]|[A-Za-z]:)/.test(next) ? next : joinPath(splitPath(current).directory, next);
  }
  throw new Deno.errors.FilesystemLoop("its symbolic links lead in a circle");
}

/** Where a symlink leads; `null` if there is none. */
async function linkTarget(path: string): Promise<string | null> {
  try {
    return (await Deno.lstat(path)).isSymlink ? await Deno.readLink(path) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
