import { AppError, PermissionError, systemReason } from "../errors.ts";
import { missingRead, missingWrite } from "./permissions.ts";

/**
 * Says at once what would keep a file from being written: a missing permission, a missing directory.
 * No promise: the disk may be full later.
 *
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {AppError} If there is no such directory, or the path is one.
 */
export async function checkWritable(path: string): Promise<void> {
  requirePermission(path);
  try {
    const parent = await Deno.stat(parentOf(path));
    if (!parent.isDirectory) {
      throw new Deno.errors.NotADirectory("part of its path is not a directory");
    }
    const target = await existing(path);
    if (target?.stat.isDirectory) throw new Deno.errors.IsADirectory("it is a directory");
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Writes a file so that nobody ever sees half of it: a new file beside it, then a rename.
 *
 * A symlink is followed, so that its target is replaced and not the link; the mode of a file that
 * was there is kept. What is no regular file (`/dev/null`, a named pipe) is written to directly:
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
  const target = await existing(path);
  if (target?.stat.isDirectory) throw new Deno.errors.IsADirectory("it is a directory");
  if (target && !target.stat.isFile) return await Deno.writeFile(target.path, bytes);
  const finalPath = target?.path ?? path;
  const temporaryPath = `${finalPath}.${crypto.randomUUID()}.tmp`;
  try {
    await Deno.writeFile(temporaryPath, bytes, { createNew: true });
    const mode = target?.stat.mode ?? null;
    if (mode !== null && Deno.build.os !== "windows") {
      await Deno.chmod(temporaryPath, mode & 0o7777);
    }
    await Deno.rename(temporaryPath, finalPath);
  } catch (error) {
    await Deno.remove(temporaryPath).catch(() => {});
    throw error;
  }
}

/** What a path leads to through all symlinks; `null` if there is nothing. */
async function existing(
  path: string,
): Promise<{ readonly path: string; readonly stat: Deno.FileInfo } | null> {
  try {
    const realPath = await Deno.realPath(path);
    return { path: realPath, stat: await Deno.stat(realPath) };
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
