/**
 * What a `status` does not need of a store, so that its code is loaded when it is wanted: changing the
 * records, and watching for changes of others.
 */
import type { GenerationStore } from "../../generation/records/store.ts";
import { missingFlags, READ_WRITE } from "../../system/permissions.ts";

/** What changes the records of a store. */
export type RecordChanges = Pick<GenerationStore, "put" | "remove" | "prune">;

/**
 * Changes whose code is loaded with the first of them.
 *
 * @param directory Where the records are: without permission for it, nothing is pruned.
 */
export function changesLater(
  directory: string,
  load: () => Promise<RecordChanges>,
): RecordChanges {
  /** One promise, so that changes keep their order. */
  let loading: Promise<RecordChanges> | undefined;
  const changes = (): Promise<RecordChanges> => loading ??= load();
  return {
    put: async (publication) => await (await changes()).put(publication),
    remove: async (id) => await (await changes()).remove(id),
    prune: async (judged) => {
      if (judged.length === 0 || missingFlags(directory, { access: READ_WRITE }) !== null) return;
      try {
        await (await changes()).prune(judged);
      } catch {
        // Nobody depends on it: others see too what is to go, and after a day it is dropped.
      }
    },
  };
}

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
 * Yields after each change of a file, or of the relevant files in a directory, by other processes
 * since the call.
 *
 * The directory is watched and not the file, because the watch of a file would end with its first
 * replacement. Besides, it looks itself every few seconds: file systems of other machines send no
 * events, and the directory may be made or replaced after the watch began. If nothing can be
 * watched, it looks twice a second.
 *
 * Not guaranteed: one yield for each change. Changes within a few milliseconds count as one; but
 * after the last change there is always one more yield.
 *
 * Neither needs to exist. Needs `--allow-read` for the directory; with less it can only look
 * itself, and with nothing it yields nothing until its signal ends it.
 */
export function watchPath(path: string, options: WatchOptions): AsyncGenerator<void> {
  return watchSince(fingerprint(path), { path, ...options });
}

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
