/**
 * Notices changes of a file, or of the files in a directory, by other processes.
 *
 * The directory is watched and not the file, because the watch of a file would end with its first
 * replacement. Besides, it looks itself every few seconds: file systems of other machines send no
 * events, and the directory may be made or replaced after the watch began. If nothing can be
 * watched, it looks twice a second.
 *
 * Not guaranteed: one yield for each change. Changes within a few milliseconds count as one; but
 * after the last change there is always one more yield.
 */
import { missingFlags } from "../../system/permissions.ts";

/** What is watched, and until when. */
export interface WatchOptions {
  /** Ends the watch without an error. */
  readonly signal: AbortSignal;
  /** Which of the files in the directory matter; absent: the path is one file. */
  readonly isRelevant?: (name: string) => boolean;
  /** How often it looks itself, in milliseconds. @default 2000 if watched, 500 if not */
  readonly lookEveryMs?: number;
}

/**
 * Yields after each change of a file, or of the relevant files in a directory, since the call.
 *
 * Neither needs to exist. Needs `--allow-read` for the directory; with less it can only look
 * itself, and with nothing it yields nothing until its signal ends it.
 */
export function watchPath(path: string, options: WatchOptions): AsyncGenerator<void> {
  return watchSince(fingerprint(path), { path, ...options });
}

/** A look at what is stored needs no watcher, so the watcher is loaded here. */
async function* watchSince(
  seen: string,
  options: WatchOptions & { readonly path: string },
): AsyncGenerator<void> {
  const { watchChanges } = await import("./directory_watcher.ts");
  yield* watchChanges(seen, options);
}

/** Differs whenever a file or directory has changed; always the same if it does not exist. */
export function fingerprint(path: string): string {
  if (missingFlags(path, { access: ["read"] }) !== null) return "";
  try {
    const { ino, mtime, size } = Deno.statSync(path);
    return `${ino} ${mtime?.getTime()} ${size}`;
  } catch {
    return "";
  }
}
