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
import { Bell, type DirectoryWatcher, renewWatcher, type Watched } from "./directory_watcher.ts";
import { missingFlags } from "../../system/permissions.ts";
import { splitPath } from "../../system/path_parts.ts";
import { resolveLinks } from "./state_file.ts";

/** How long it waits for more events, in milliseconds: a replacement sends about eight. */
const SETTLE_MS = 15;
const LOOK_WATCHED_MS = 2_000;
const LOOK_UNWATCHED_MS = 500;

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

async function* watchSince(
  first: string,
  options: WatchOptions & { readonly path: string },
): AsyncGenerator<void> {
  const { path, signal } = options;
  const bell = new Bell();
  const onAbort = () => bell.ring();
  signal.addEventListener("abort", onAbort);
  let seen = first;
  let watcher: DirectoryWatcher | null = null;
  try {
    while (!signal.aborted) {
      watcher = await renewWatcher(watcher, { ...watchedDirectory(path, options), bell });
      if (signal.aborted) return;
      const wasRung = bell.takeRing();
      const now = fingerprint(path);
      if (wasRung || now !== seen) {
        seen = now;
        yield;
      } else {
        const lookMs = watcher === null ? LOOK_UNWATCHED_MS : LOOK_WATCHED_MS;
        await bell.wait(options.lookEveryMs ?? lookMs);
        if (!signal.aborted && bell.isRung) await settle();
      }
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    await watcher?.close();
  }
}

function watchedDirectory(path: string, options: WatchOptions): Omit<Watched, "bell"> {
  const { isRelevant } = options;
  if (isRelevant !== undefined) return { directory: path, isRelevant };
  const { directory, name } = splitPath(resolvedIfAllowed(path));
  return { directory, isRelevant: (other) => other === name };
}

function resolvedIfAllowed(path: string): string {
  if (missingFlags(splitPath(path).directory, { access: ["read"] }) !== null) return path;
  try {
    return resolveLinks(path);
  } catch {
    return path;
  }
}

/** What differs between two states of a file or directory; the same for all that is not there. */
function fingerprint(path: string): string {
  if (missingFlags(path, { access: ["read"] }) !== null) return "";
  try {
    const { ino, mtime, size } = Deno.statSync(path);
    return `${ino} ${mtime?.getTime()} ${size}`;
  } catch {
    return "";
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
