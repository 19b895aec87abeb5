/**
 * Replaces a file in one step: a reader sees the old text or the new one, never a part.
 *
 * Nothing is flushed to the disk: after a power cut there may be the old text, the new one or an
 * empty file. Records are not worth the waiting. Calls are synchronous because that is twice as
 * fast and keeps locks short: replacing a small file takes a fraction of a millisecond.
 */
import { isNotFound, lookAt } from "./look_at.ts";
import { joinPath, splitPath } from "./path_parts.ts";

/**
 * `<name of the target>.<UUID>.tmp`: only files with such a name are this tool's, whatever else
 * ends in `.tmp`.
 */
const TEMP_NAME =
  /^(.+)\.[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.tmp$/;
/**
 * The age at which a temporary file in a directory without a lock counts as left behind by a killed
 * process, in milliseconds. Writing one takes a fraction of one; who was stopped meanwhile, and finds
 * it gone, writes it again.
 */
export const TEMP_KEPT_MS = 1_000;
/** How often a file is written whose temporary file vanishes. */
const WRITE_TRIES = 3;
/**
 * Windows refuses to replace a file that another process has open: how often it is tried, and the
 * pause in between.
 */
const RENAME_TRIES = 10;
const RENAME_PAUSE_MS = 10;

/**
 * Replaces a file, or makes it.
 *
 * Needs `--allow-read` and `--allow-write` for the file's directory. The temporary file is made
 * beside the target and removed if anything fails; only a killed process leaves it behind.
 *
 * @param options.mode Permission bits. Default: those of the replaced file, else the system's
 * default for new files. Ignored on Windows.
 * @throws What the system throws; the file is then unchanged.
 */
export async function replaceFile(
  path: string,
  text: string,
  options: { readonly mode?: number } = {},
): Promise<void> {
  const mode = options.mode ?? modeOf(path);
  const bytes = new TextEncoder().encode(text);
  for (let tries = 1;; tries++) {
    const temp = tempPath(path);
    try {
      writeNew(temp, { bytes, mode });
      return await moveOver(temp, path);
    } catch (error) {
      removeIfThere(temp);
      if (!isNotFound(error) || tries === WRITE_TRIES) throw error;
    }
  }
}

/** A new name for a temporary file beside a target. */
export function tempPath(path: string): string {
  return `${path}.${crypto.randomUUID()}.tmp`;
}

/**
 * Lists the temporary files of a target. Any that are still there while the target's lock is held
 * were left by killed processes.
 *
 * @returns Paths; empty if the directory cannot be read.
 */
export async function findTempFiles(path: string): Promise<readonly string[]> {
  const { directory, name } = splitPath(path);
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) {
      if (entry.isFile && isTempName(entry.name, name)) found.push(joinPath(directory, entry.name));
    }
  } catch {
    // Only some disk space is lost.
  }
  return found;
}

/** Says whether a name is that of one of this tool's temporary files, for one target or for any. */
export function isTempName(name: string, target?: string): boolean {
  const made = TEMP_NAME.exec(name)?.[1];
  return made !== undefined && (target === undefined || made === target);
}

/** Removes a file. It is no error if it does not exist or must not be removed. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // This only tidies up: the error before is the one that the user must see.
  }
}

function modeOf(path: string): number | null {
  if (Deno.build.os === "windows") return null;
  const mode = lookAt(path)?.mode ?? null;
  return mode === null ? null : mode & 0o777;
}

function writeNew(path: string, content: {
  readonly bytes: Uint8Array;
  readonly mode: number | null;
}): void {
  const { bytes, mode } = content;
  // Made with its mode at once: otherwise others could read it before it is closed to them. Opening
  // is safe: it fails if anything is there, even a link or a pipe.
  const creation = mode === null ? {} : { mode };
  using file = Deno.openSync(path, { write: true, createNew: true, ...creation });
  for (let written = 0; written < bytes.length;) {
    written += file.writeSync(bytes.subarray(written));
  }
  if (mode !== null) widen(path, { mode, made: file.statSync() });
}

/**
 * Sets the mode bits that the umask removed. Deno can do that only by path: somebody who may rename
 * files in the directory could put a link there after the last check, so it is done only if it is
 * needed.
 */
function widen(
  path: string,
  { mode, made }: { readonly mode: number; readonly made: Deno.FileInfo },
): void {
  if (Deno.build.os === "windows" || ((made.mode ?? mode) & 0o7777) === mode) return;
  try {
    if (lookAt(path)?.ino === made.ino) Deno.chmodSync(path, mode);
  } catch (error) {
    // File systems without modes report this; a file that stays closed to others harms nobody.
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
  }
}

async function moveOver(from: string, to: string): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return Deno.renameSync(from, to);
    } catch (error) {
      const isBusy = Deno.build.os === "windows" && error instanceof Deno.errors.PermissionDenied;
      if (!isBusy || tries === RENAME_TRIES) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RENAME_PAUSE_MS));
  }
}
