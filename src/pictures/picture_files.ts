import { AppError, PermissionError, systemReason } from "../errors.ts";
import { followLinks } from "../system/follow_links.ts";
import { joinPath, splitPath } from "../system/path_parts.ts";
import { missingFlags, READ_WRITE } from "../system/permissions.ts";
import { makeTemplateFolders } from "./template_folders.ts";
import { openUnfinished, sweepUnfinished } from "./unfinished_file.ts";

/**
 * Makes a folder for pictures, and removes what killed processes left in it; see
 * `PictureFiles.prepare()`. Needs read and write permission for the folder.
 */
export async function preparePictureFolder(directory: string): Promise<void> {
  requirePermission(directory, directory);
  try {
    await makeFolder(directory);
    {
      using probe = await openUnfinished(directory);
      await Deno.remove(probe.path);
    }
    await sweepUnfinished(directory);
  } catch (error) {
    throw cannotSave(directory, error);
  }
}

/**
 * Saves a picture; see `PictureFiles.save()`. It is written under a temporary name, and gets its
 * own name when it is complete.
 */
export async function savePicture(
  picture: {
    readonly directory: string;
    readonly names: Iterable<string>;
    readonly replaces?: boolean;
  },
  body: ReadableStream<Uint8Array>,
): Promise<string> {
  const { directory, names, replaces = false } = picture;
  try {
    await makeFolder(directory);
    using unfinished = await openUnfinished(directory);
    try {
      await writeAll(unfinished.file, body);
      const place = { directory, names, uid: unfinished.file.statSync().uid };
      return await (replaces
        ? replaceFirst(unfinished.path, place)
        : giveName(unfinished.path, place));
    } finally {
      // Already gone if it was renamed.
      await Deno.remove(unfinished.path).catch(ignoreMissing);
    }
  } catch (error) {
    // This does nothing to a stream that was read to its end. One that was never read must be
    // cancelled.
    await body.cancel().catch(() => {});
    throw cannotSave(joinPath(directory, firstOf(names)), error);
  }
}

/** Where a picture gets its name. */
interface Place {
  readonly directory: string;
  readonly names: Iterable<string>;
  /** This user; `null`: not known. */
  readonly uid: number | null;
}

/** Makes a folder, also the one that a link points to. */
async function makeFolder(directory: string): Promise<void> {
  const folder = followLinks(directory.replace(/(?<=[^/\\:])[/\\]+$/, ""));
  requirePermission(directory, folder);
  await Deno.mkdir(folder, { recursive: true });
}

function requirePermission(named: string, folder: string): void {
  const needs = missingFlags(folder, { access: READ_WRITE });
  if (needs === null) return;
  throw new PermissionError(
    `Cannot save pictures in "${named}": Deno does not allow it (add ${needs})`,
    needs,
  );
}

/**
 * Writes piece by piece: `Deno.writeFile()` with a stream and `FsFile.writable` do not report a
 * full disk, and leave a truncated file (Deno 2.9.6).
 */
async function writeAll(file: Deno.FsFile, body: ReadableStream<Uint8Array>): Promise<void> {
  for await (const piece of body) {
    let rest = piece;
    while (rest.length > 0) rest = rest.subarray(await file.write(rest));
  }
}

/**
 * Gives a complete file its first name and replaces any file of that name. If that is a link, the
 * link itself is replaced.
 */
async function replaceFirst(from: string, place: Place): Promise<string> {
  const path = await makeTemplateFolders(firstOf(place.names), place);
  try {
    await Deno.rename(from, path);
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
    using copy = await openUnfinished(splitPath(path).directory);
    await Deno.copyFile(from, copy.path);
    await Deno.rename(copy.path, path);
  }
  return path;
}

/** Gives a complete file the first name that is free. Its old name may remain. */
async function giveName(from: string, place: Place): Promise<string> {
  for (const name of place.names) {
    const path = await makeTemplateFolders(name, place);
    if (await take(path, from)) return path;
  }
  throw new AppError(
    "failed",
    `Cannot save a picture in "${place.directory}": all names are taken`,
  );
}

/** Gives a file a name; `false` if the name is taken. */
async function take(path: string, from: string): Promise<boolean> {
  try {
    // In one step: the name belongs to the complete picture, or to somebody else's file.
    await Deno.link(from, path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    if (codeOf(error) === "EXDEV") return await takeElsewhere(path, from);
    return await takeWithoutLink(path, from);
  }
}

/** Used if a folder of the template is on another file system. */
async function takeElsewhere(path: string, from: string): Promise<boolean> {
  using copy = await openUnfinished(splitPath(path).directory);
  try {
    await Deno.copyFile(from, copy.path);
    return await take(path, copy.path);
  } finally {
    await Deno.remove(copy.path).catch(ignoreMissing);
  }
}

/**
 * For file systems without hard links (FAT, some network file systems). It takes two steps: between
 * them, others see an empty file, which stays if this process is killed, and anything that others
 * write into it is lost. Deno has no rename that refuses to replace a file.
 */
async function takeWithoutLink(path: string, from: string): Promise<boolean> {
  try {
    await Deno.writeFile(path, new Uint8Array(), { createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  try {
    await Deno.rename(from, path);
    return true;
  } catch (error) {
    await Deno.remove(path).catch(ignoreMissing);
    throw error;
  }
}

function cannotSave(path: string, error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const reason = error instanceof DOMException && error.name === "AbortError"
    ? "interrupted"
    : error instanceof Deno.errors.AlreadyExists
    ? "part of its path is not a directory"
    : error instanceof Deno.errors.NotFound
    ? "its directory is gone"
    : systemReason(error);
  return new AppError("failed", `Cannot save "${path}": ${reason}`, { cause: error });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? `${error.code}` : "";
}

function firstOf(names: Iterable<string>): string {
  for (const name of names) return name;
  return "";
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
