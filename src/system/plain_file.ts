/**
 * Opens files in places where other users can put things: a link may lead to somebody's file, a
 * named pipe may block for ever, and opening a device may have effects.
 *
 * Each file is checked before it is opened, without following a link, and again when it is open: it
 * must be the same file. Where others can make files, opening is never synchronous and has a time
 * limit, so that a pipe that is put there after the check blocks nothing else.
 *
 * Not guaranteed, because Deno cannot refuse links when it opens (`O_NOFOLLOW`): between check and
 * opening, a link may be put there and opened, and is then closed unread and unwritten; a device
 * may be opened. Links on the way to the directory are followed: for a path that the user named,
 * `follow_links.ts` has checked whose they are.
 */
import { isNotFound, lookAt, NotPlainFileError, requirePlain } from "./look_at.ts";
import { splitPath } from "./path_parts.ts";

/** How long opening may take, in milliseconds; a disk needs a fraction of one. */
const OPEN_WITHIN_MS = 3_000;
/** How often opening is tried if other processes make and remove the file at the same time. */
const TRIES = 10;

/**
 * Opens a plain file for reading, and for writing if wanted.
 *
 * @param how.make Makes it if it does not exist; `mode` are then its permission bits.
 * @throws {NotPlainFileError} If it is a link, a directory, a pipe, a socket or a device, or does
 * not open in time.
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
      // It was made or removed since the check.
      const isRace = seen === null ? error instanceof Deno.errors.AlreadyExists : isNotFound(error);
      if (!isRace) throw error;
    }
  }
  throw new NotPlainFileError("others replace it all the time");
}

/**
 * Reads a plain file's text; `null` if there is no file.
 *
 * @param how.maxBytes Larger files are not read.
 * @param how.atOnce If only the directory's owner can make files there, it is read without letting
 * other work run, which costs a start less. @default {false}
 * @throws As `openPlain()`, and if it is larger.
 */
export async function readPlainText(
  path: string,
  { maxBytes, atOnce = false }: { readonly maxBytes: number; readonly atOnce?: boolean },
): Promise<string | null> {
  const text = atOnce ? readIfClosed(path, maxBytes) : null;
  if (text !== null) return text;
  try {
    using file = await openPlain(path, { write: false });
    const { size } = file.statSync();
    if (size > maxBytes) {
      throw new NotPlainFileError(`it has ${size} bytes, more than ${maxBytes}`);
    }
    // One byte more than the size: then finding the end needs no second buffer.
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
 * Reads a plain file where only the directory's owner can make files; `null` if that is not certain.
 * Whoever names a directory trusts its owner, as in `follow_links.ts`.
 */
function readIfClosed(path: string, maxBytes: number): string | null {
  try {
    const { mode } = Deno.statSync(splitPath(path).directory);
    const seen = lookAt(path);
    const isClosed = mode !== null && (mode & 0o022) === 0;
    if (!isClosed || !seen?.isFile || seen.size > maxBytes) return null;
    return Deno.readTextFileSync(path).replace(/^\uFEFF/, "");
  } catch {
    return null;
  }
}

/**
 * Opens a file with a time limit. It does not use `setTimeout()`, whose first use loads Deno's Node
 * timers, half the time of an empty program. The timer keeps no process alive, but the opening
 * does.
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
