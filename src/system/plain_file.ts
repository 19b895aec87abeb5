/**
 * Opening files in places where others can put things: a link would lead to somebody's file, a named
 * pipe would be waited for without end, a device would do who knows what.
 *
 * Each file is looked at before it is opened, without following a link, and once more when it is
 * open: it must be the very file that was looked at. Opening is never synchronous, so that a pipe
 * that is put there between the look and the opening stops nothing else, and it is bounded.
 *
 * What it does not guarantee, since Deno cannot refuse links when it opens (`O_NOFOLLOW`): in that
 * instant a link may be opened, and closed again unread and unwritten, and a device may be opened.
 * Links on the way to the directory are followed: they are the user's own.
 */
import { joinPath, splitPath } from "./path_parts.ts";

/** How long an opening may take, in milliseconds; a disk needs a fraction of one. */
const OPEN_WITHIN_MS = 3_000;
/** How often it is tried where others make and remove the file in the same instant. */
const TRIES = 10;

/** What lies at a path is not what may be used there; the message says what it is, in a few words. */
export class NotPlainFileError extends Error {
  override readonly name = "NotPlainFileError";
  readonly isLink: boolean;

  constructor(message: string, { isLink = false }: { readonly isLink?: boolean } = {}) {
    super(message);
    this.isLink = isLink;
  }
}

/** Says whether an error means that nothing is there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound;
}

/** Looks at a path without following a link; `null` if nothing is there. Needs `--allow-read`. */
export function lookAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/**
 * The path that a symlink leads to, one step far; `null` if there is no symlink. Needs `--allow-read`.
 */
export function linkedPath(path: string): string | null {
  const next = linkTarget(path);
  if (next === null) return null;
  const isAbsolute = /^([/\\]|[A-Za-z]:)/.test(next);
  return isAbsolute ? next : joinPath(splitPath(path).directory, next);
}

function linkTarget(path: string): string | null {
  try {
    return Deno.lstatSync(path).isSymlink ? Deno.readLinkSync(path) : null;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** When a plain file was last written, epoch milliseconds; `null` if there is none. */
export function touchTime(path: string): number | null {
  try {
    const about = lookAt(path);
    return about?.isFile ? about.mtime?.getTime() ?? null : null;
  } catch {
    return null;
  }
}

/** Makes sure that what was looked at is a plain file. */
export function requirePlain(about: Deno.FileInfo): void {
  if (about.isSymlink) throw new NotPlainFileError("it is a symbolic link", { isLink: true });
  if (about.isDirectory) throw new NotPlainFileError("it is a directory");
  if (!about.isFile) throw new NotPlainFileError("it is not a plain file");
}

/**
 * Opens a plain file for reading, and for writing if wanted.
 *
 * @param how.make Makes it if nothing is there; `mode` are then its permission bits.
 * @throws {NotPlainFileError} If it is a link, a directory, a pipe, a socket or a device, or does
 *   not open in time.
 * @throws What the system throws.
 */
export async function openPlain(path: string, how: {
  readonly write: boolean;
  readonly make?: { readonly mode: number | undefined };
}): Promise<Deno.FsFile> {
  const access = { read: true, write: how.write };
  for (let tries = 1; tries <= TRIES; tries++) {
    const seen = lookAt(path);
    if (seen !== null) requirePlain(seen);
    try {
      if (seen === null && how.make !== undefined) {
        const { mode } = how.make;
        const creation = mode === undefined ? {} : { mode };
        return await openInTime(path, { ...access, createNew: true, ...creation });
      }
      const file = await openInTime(path, access);
      if (isSame(file.statSync(), seen)) return file;
      file.close();
    } catch (error) {
      // Made or removed since the look.
      const isRace = seen === null ? error instanceof Deno.errors.AlreadyExists : isNotFound(error);
      if (!isRace) throw error;
    }
  }
  throw new NotPlainFileError("others replace it all the time");
}

/**
 * Reads a plain file's text; `null` if there is none.
 *
 * @param limits.maxBytes The size from which it is not read.
 * @param limits.check Throws if what was opened is not to be read.
 * @throws As `openPlain()`, and if it is larger.
 */
export async function readPlainText(
  path: string,
  limits: { readonly maxBytes: number; readonly check?: (about: Deno.FileInfo) => void },
): Promise<string | null> {
  const { maxBytes, check } = limits;
  try {
    using file = await openPlain(path, { write: false });
    const about = file.statSync();
    check?.(about);
    const { size } = about;
    if (size > maxBytes) {
      throw new NotPlainFileError(`it has ${size} bytes, more than ${maxBytes}`);
    }
    // One byte more than there are: to find the end needs no second buffer.
    let bytes = new Uint8Array(size + 1);
    let length = 0;
    for (;;) {
      const count = file.readSync(bytes.subarray(length));
      if (count === null) return new TextDecoder().decode(bytes.subarray(0, length));
      length += count;
      if (length > maxBytes) throw new NotPlainFileError(`it has more than ${maxBytes} bytes`);
      if (length === bytes.length) {
        const larger = new Uint8Array(bytes.length * 2);
        larger.set(bytes);
        bytes = larger;
      }
    }
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/**
 * Opens a file, but does not wait for it without end. Its timer is not of `setTimeout()`, whose first
 * use loads Deno's Node timers, half of what an empty program takes; it holds no process, but the
 * opening does.
 *
 * @param limits.withinMs In milliseconds. @default {3000}
 * @throws {NotPlainFileError} If it takes longer.
 * @throws What the system throws.
 */
export async function openInTime(
  path: string,
  options: Deno.OpenOptions,
  { withinMs = OPEN_WITHIN_MS }: { readonly withinMs?: number } = {},
): Promise<Deno.FsFile> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = AbortSignal.timeout(withinMs);
  const expire = (): void => resolve(null);
  timer.addEventListener("abort", expire);
  const opening = Deno.open(path, options);
  try {
    const file = await Promise.race([opening, late]);
    if (file !== null) return file;
  } finally {
    timer.removeEventListener("abort", expire);
  }
  // If it opens after all, it is closed.
  opening.then((file) => file.close(), () => {});
  throw new NotPlainFileError(`it did not open within ${withinMs / 1000} s`);
}

function isSame(opened: Deno.FileInfo, seen: Deno.FileInfo | null): boolean {
  return opened.isFile && seen !== null && opened.ino === seen.ino && opened.dev === seen.dev;
}
