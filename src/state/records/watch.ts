/**
 * Noticing changes of a file, or of the files in a directory, by other processes.
 *
 * The directory is watched, not the file, whose watch would die with its first replacement. Beside
 * that it looks itself every few seconds: file systems of other machines send no events, and a
 * directory may be made, or replaced, only after the watch began. Where nothing can be watched, it
 * looks twice a second.
 *
 * What it does not guarantee: one yield for each change. Changes that follow each other within a few
 * milliseconds are one; but after the last change there is always one more yield.
 */
import { missingFlags } from "../../system/permissions.ts";

/** What is watched, and until when. */
export interface WatchOptions {
  /** Ends the watch without an error. */
  readonly signal: AbortSignal;
  /** Which of the files in the directory at the path; absent: the path is one file. */
  readonly isRelevant?: (name: string) => boolean;
  /** How often it looks itself, in milliseconds. @default 2000 if watched, 500 if not */
  readonly lookEveryMs?: number;
}

/**
 * Yields after each change of a file, or of the relevant files in a directory, since the call.
 *
 * Neither needs to be there. Needs `--allow-read` for the directory; with less it can only look
 * itself, and with nothing it yields nothing until its signal ends it.
 */
export function watchPath(path: string, options: WatchOptions): AsyncGenerator<void> {
  return watchSince(fingerprint(path), { path, ...options });
}

/** A look at what is stored needs no watcher, so that is loaded here. */
async function* watchSince(
  seen: string,
  options: WatchOptions & { readonly path: string },
): AsyncGenerator<void> {
  const { watchChanges } = await import("./directory_watcher.ts");
  yield* watchChanges(seen, options);
}

/** What differs between two states of a file or directory; the same for all that is not there. */
export function fingerprint(path: string): string {
  if (missingFlags(path, { access: ["read"] }) !== null) return "";
  try {
    const { ino, mtime, size } = Deno.statSync(path);
    return `${ino} ${mtime?.getTime()} ${size}`;
  } catch {
    return "";
  }
}
