/**
 * Replacing a file in one step: a reader sees the old text or the new one, never a part.
 *
 * Nothing is flushed to the disk: after a power cut the old text, the new one or an empty file may be
 * there. Records are worth less than the wait. Calls are synchronous because that is twice as fast
 * and keeps locks short: replacing a small file takes a fraction of a millisecond.
 */
import { joinPath, splitPath } from "./path_parts.ts";
import { lookAt } from "./plain_file.ts";

/** `<name of the target>.<UUID>.tmp`: only such a name is ours, whatever else ends in `.tmp`. */
const TEMP_NAME =
  /^(.+)\.[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.tmp$/;
/** Windows refuses to replace a file that somebody has open: how often it is tried, and the pause. */
const RENAME_TRIES = 10;
const RENAME_PAUSE_MS = 10;

/**
 * Replaces a file, or makes it.
 *
 * Needs `--allow-read` and `--allow-write` for the file's directory. The temporary file lies beside
 * the target and is removed if anything fails; only a killed process leaves it behind.
 *
 * @param options.mode Permission bits. Default: those of the file that is replaced, else what the
 *   system gives new files. Ignored on Windows.
 * @throws What the system throws; the file is then as it was.
 */
export async function replaceFile(
  path: string,
  text: string,
  options: { readonly mode?: number } = {},
): Promise<void> {
  const mode = options.mode ?? modeOf(path);
  const temp = tempPath(path);
  try {
    writeNew(temp, { bytes: new TextEncoder().encode(text), mode });
    await moveOver(temp, path);
  } catch (error) {
    removeIfThere(temp);
    throw error;
  }
}

/** A new name for a temporary file beside a target. */
export function tempPath(path: string): string {
  return `${path}.${crypto.randomUUID()}.tmp`;
}

/**
 * Names the temporary files of a target that are there now. Those of them that are still there
 * when the target's lock is held were left by killed processes.
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
    // Nothing is lost but the disk space of what a killed process left behind.
  }
  return found;
}

/** Says whether a name is that of a temporary file of ours, for one target or for any. */
export function isTempName(name: string, target?: string): boolean {
  const made = TEMP_NAME.exec(name)?.[1];
  return made !== undefined && (target === undefined || made === target);
}

/** Removes a file; that it is not there, or may not be removed, is no error. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // This only tidies up: what went wrong before is what the user must hear of.
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
  // Made with its mode at once: one that is closed later could be read before. Opening is no risk: it
  // fails if anything is there, be it a link or a pipe.
  const creation = mode === null ? {} : { mode };
  using file = Deno.openSync(path, { write: true, createNew: true, ...creation });
  for (let written = 0; written < bytes.length;) {
    written += file.writeSync(bytes.subarray(written));
  }
  if (mode !== null) widen(path, { mode, made: file.statSync() });
}

/**
 * Gives what the system's mask took away. Deno can do that by path only: whoever may rename in the
 * directory could put a link there after the last look, so it is done only where it is needed.
 */
function widen(
  path: string,
  { mode, made }: { readonly mode: number; readonly made: Deno.FileInfo },
): void {
  if (Deno.build.os === "windows" || ((made.mode ?? mode) & 0o7777) === mode) return;
  try {
    if (lookAt(path)?.ino === made.ino) Deno.chmodSync(path, mode);
  } catch (error) {
    // File systems without modes say this; a file that stays closed to others harms nobody.
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
