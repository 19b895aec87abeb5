/**
 * Writes the output file that the user named. A plain file is replaced in one step; a pipe or
 * device, which must not be replaced, is written to. Not loaded by `status`.
 */
import { AppError, OutputClosedError, PermissionError, systemReason } from "../errors.ts";
import { followLinks } from "./follow_links.ts";
import { NotPlainFileError } from "./look_at.ts";
import { splitPath } from "./path_parts.ts";
import { missingFlags, READ_WRITE } from "./permissions.ts";
import { openInTime } from "./plain_file.ts";
import { removeIfThere, replaceFile, tempPath } from "./replace_file.ts";
import type { ByteSink } from "./line_of_writes.ts";
import type { SystemTerminal } from "./system_terminal.ts";

/** How long to wait for a reader of a named pipe, in milliseconds. */
const READER_WITHIN_MS = 10_000;

/**
 * Names of streams that are already open, and of the null device. Deno opens none of them by name
 * without `--allow-all`.
 */
const STREAMS: ReadonlyMap<string, "out" | "err" | "nothing"> = new Map([
  ["/dev/stdout", "out"],
  ["/dev/fd/1", "out"],
  ["/proc/self/fd/1", "out"],
  ["/dev/stderr", "err"],
  ["/dev/fd/2", "err"],
  ["/proc/self/fd/2", "err"],
  [Deno.build.os === "windows" ? "NUL" : "/dev/null", "nothing"],
]);

/** The streams of the process, and the rule by which all streams are given up. */
type Streams = Pick<SystemTerminal, "out" | "err" | "writeTo">;

/**
 * Reports at once what would keep a file from being written: a missing permission, a missing
 * directory, a directory that accepts no file. Leaves nothing behind. A pipe or device is not
 * opened, because its reader would take the closing for the end. This is no promise: the disk may
 * be full later.
 *
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {AppError} If it cannot be written.
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    const target = await findTarget(path);
    if (target.kind === "file") await requireRoom(target);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Writes a file so that nobody ever sees half of it: makes a new file beside it, then renames it.
 *
 * A symlink is followed, even if its target does not exist, so that the target is written and not
 * the link. The mode of an existing file is kept. Anything that is not a regular file (a named
 * pipe, `>(…)`, a device, `/dev/stderr`) is written to, because replacing would destroy it. A named
 * pipe without a reader is waited for, for 10 s. After a power failure the file may be lost:
 * nothing is synced.
 *
 * Needs `--allow-read` and `--allow-write` for the file's directory, except for the process's own
 * streams and `/dev/null`.
 *
 * @param streams Writes everything that is not a regular file.
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {OutputClosedError} If the reader of a pipe has gone.
 * @throws {AppError} If it could not be written; an existing file is then unchanged.
 */
export async function writeOutputFile(
  path: string,
  text: string,
  { streams }: { readonly streams: Streams },
): Promise<void> {
  try {
    const target = await findTarget(path);
    switch (target.kind) {
      case "nothing":
        return;
      case "out":
      case "err":
        return await streams[target.kind](text);
      case "device": {
        using device = new Device(target.path);
        return await streams.writeTo(device, text);
      }
      case "file":
        return await replace(target, text);
      default:
        return target satisfies never;
    }
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

type Target =
  | { readonly kind: "out" | "err" | "nothing" }
  | { readonly kind: "device"; readonly path: string }
  | PlainTarget;

interface PlainTarget {
  readonly kind: "file";
  readonly path: string;
  /** `null`: it does not exist. */
  readonly stat: Deno.FileInfo | null;
}

/** The file that would be written, at the end of all links. */
async function findTarget(named: string): Promise<Target> {
  const isNamedStream = STREAMS.has(named);
  if (!isNamedStream) requirePermission(named, named);
  // The names of streams are links themselves, to targets without a name.
  const path = followLinks(named, { isEnd: (link) => STREAMS.has(link) });
  const stream = STREAMS.get(path);
  if (stream !== undefined) return { kind: stream };
  requirePermission(named, path);
  if (/[/\\]$/.test(path)) throw new Deno.errors.IsADirectory("it is a directory");
  const stat = await statOf(path);
  if (stat?.isDirectory) throw new Deno.errors.IsADirectory("it is a directory");
  if (stat !== null && !stat.isFile) return { kind: "device", path };
  return { kind: "file", path, stat };
}

async function statOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function requirePermission(named: string, path: string): void {
  const needs = missingFlags(splitPath(path).directory, { access: READ_WRITE });
  if (needs !== null) {
    throw new PermissionError(
      `Cannot write "${named}": Deno does not allow it (add ${needs})`,
      needs,
    );
  }
}

function cannotWrite(path: string, error: unknown): unknown {
  if (error instanceof AppError && error.cause !== undefined) {
    // A stream does not know its name.
    return cannotWrite(path, error.cause);
  }
  const isTold = error instanceof AppError || error instanceof OutputClosedError;
  if (isTold || !(error instanceof Error)) return error;
  const directory = splitPath(targetOf(path)).directory.replace(/^\.\//, "");
  const reason = error instanceof Deno.errors.NotFound && directory !== "."
    ? `there is no directory "${directory}"`
    : systemReason(error);
  return new AppError("failed", `Cannot write "${path}": ${reason}`, { cause: error });
}

/** Where its links lead, as far as they can be followed. */
function targetOf(path: string): string {
  try {
    return followLinks(path);
  } catch {
    return path;
  }
}

/** Checks that a new file can be made in its place, by making one beside it. */
async function requireRoom({ path, stat }: PlainTarget): Promise<void> {
  const { directory } = splitPath(path);
  if (!(await Deno.stat(directory)).isDirectory) {
    throw new Deno.errors.NotADirectory("part of its path is not a directory");
  }
  if (stat !== null) await requireNotReadOnly(path, stat);
  const temp = tempPath(path);
  try {
    (await Deno.open(temp, { write: true, createNew: true })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new Deno.errors.PermissionDenied(
      `you may not create files in ${
        directory === "." ? "this directory" : `"${directory}"`
      } (name a file in another directory)`,
    );
  } finally {
    removeIfThere(temp);
  }
}

async function replace({ path, stat }: PlainTarget, text: string): Promise<void> {
  if (stat === null) return await replaceFile(path, text);
  await requireNotReadOnly(path, stat);
  // Without the set-user-ID bit and its like: the file may have been another user's, and is now this one's.
  const mode = stat.mode === null ? {} : { mode: stat.mode & 0o777 };
  await replaceFile(path, text, mode);
}

/**
 * Refuses a file that nobody may write. A new file in its place would not need the right to write
 * it; but whoever made it read-only wanted it to stay as it is, and this holds for the superuser
 * too.
 */
async function requireNotReadOnly(path: string, { mode }: Deno.FileInfo): Promise<void> {
  const isWritable = Deno.build.os === "windows" || mode === null || (mode & 0o222) !== 0;
  try {
    if (!isWritable) throw new Deno.errors.PermissionDenied();
    (await openInTime(path, { write: true })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new Deno.errors.PermissionDenied("it is read-only (make it writable, or name another)");
  }
}

/** A pipe or device. It is opened by the first write, which waits for a pipe's reader. */
class Device implements ByteSink, Disposable {
  readonly #path: string;
  #file: Deno.FsFile | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  isTerminal(): boolean {
    return false;
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.#file ??= await this.#open();
    return await this.#file.write(bytes);
  }

  async #open(): Promise<Deno.FsFile> {
    try {
      return await openInTime(this.#path, { write: true }, { withinMs: READER_WITHIN_MS });
    } catch (error) {
      if (!(error instanceof NotPlainFileError)) throw error;
      const seconds = READER_WITHIN_MS / 1000;
      throw new Error(`nobody has opened the pipe to read it (waited ${seconds} s)`);
    }
  }

  [Symbol.dispose](): void {
    this.#file?.close();
  }
}
