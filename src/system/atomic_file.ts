import { AppError, PermissionError, systemReason } from "../errors.ts";
import { missingRead, missingWrite } from "./permissions.ts";

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
    const parent = await Deno.stat(parentOf(finalPath));
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
 * the link; the mode of a file that was there is kept. What is no regular file (`/dev/null`, a named pipe) is written to directly:
 * to replace it would destroy it. No promise is made for a power failure: nothing is synced.
 *
 * Needs `--allow-read` and `--allow-write` for the file's directory.
 *
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {AppError} If it could not be written; a file that was there is as it was.
 */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  requirePermission(path);
  try {
    await replace(path, new TextEncoder().encode(text));
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function requirePermission(path: string): void {
  const needs = [missingRead(parentOf(path)), missingWrite(parentOf(path))]
    .filter((flag) => flag !== null).join(" ");
  if (needs) throw new PermissionError(`Cannot write "${path}": not allowed (add ${needs})`, needs);
}

function cannotWrite(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return new AppError("failed", `Cannot write "${path}": ${systemReason(error)}`, { cause: error });
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const { path: finalPath, stat } = await behindLinks(path);
  if (stat?.isDirectory) throw new Deno.errors.IsADirectory("it is a directory");
  if (stat && !stat.isFile) return await Deno.writeFile(finalPath, bytes);
  if (stat) await requireNotReadOnly(finalPath, stat);
  const temporaryPath = `${finalPath}.${crypto.randomUUID()}.tmp`;
  try {
    const mode = Deno.build.os === "windows" ? null : stat?.mode ?? null;
    const creation = mode === null ? {} : { mode: mode & 0o777 };
    await Deno.writeFile(temporaryPath, bytes, { createNew: true, ...creation });
    if (mode !== null) await keepMode(temporaryPath, mode & 0o7777);
    await Deno.rename(temporaryPath, finalPath);
  } catch (error) {
    await Deno.remove(temporaryPath).catch(() => {});
    throw error;
  }
}

/**
 * Gives what the system's mask took away. Deno can do that by path only, so it is done only where it
 * is needed: whoever may rename in the directory could put a link there.
 */
async function keepMode(path: string, mode: number): Promise<void> {
  const made = await Deno.lstat(path);
  if (made.isFile && ((made.mode ?? mode) & 0o7777) !== mode) await Deno.chmod(path, mode);
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
    current = /^([/\\]|[A-Za-z]:)/.test(next) ? next : `${parentOf(current)}/${next}`;
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

function parentOf(path: string): string {
  const separatorAt = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  if (separatorAt < 0) return ".";
  return path.slice(0, separatorAt) || path.slice(0, 1);
}
