/**
 * The directory scope: one state file that many processes change (`docs/state-file.md`).
 *
 * A change is: lock on `<file>.lock` → read → change one's own record → unique temporary file →
 * rename → unlock. Readers take no lock and see the file before or after a change, never a part.
 * Under the lock everything except opening files is synchronous and takes a fraction of a
 * millisecond for a usual file, so a process is rarely stopped while it holds the lock. The price:
 * on a network file system that hangs, a change hangs the process.
 *
 * In a working directory others may have put anything under the default name. There the file is
 * used only if it is a plain file or absent; links are followed only for a path that the user
 * named.
 */
import { StateFileError, systemReason } from "../../errors.ts";
import type { GenerationStore, StoreReading } from "../../generation/records/store.ts";
import { lookAt } from "../../system/look_at.ts";
import { splitPath } from "../../system/path_parts.ts";
import { missingFlags } from "../../system/permissions.ts";
import { changesLater, watchPath } from "./loaded_later.ts";
import type { FileStoreOptions } from "./state_file.ts";

/**
 * The records in a state file, for whoever can read its directory; never a server session.
 *
 * `list()` and `watch()` need `--allow-read` for the file; all else `--allow-read` and
 * `--allow-write` for its directory (if it is a link, for the target's directory). Creating it
 * reads and writes nothing.
 */
export function createFileStore(options: FileStoreOptions): GenerationStore {
  const { path } = options;
  const { directory } = splitPath(path);

  function unread(error: unknown): StoreReading {
    const message = error instanceof StateFileError
      ? error.message
      : `Cannot read state file "${path}": ${systemReason(error)}`;
    return { answered: false, reason: "failed", message };
  }

  async function read(): Promise<StoreReading> {
    try {
      const { readStateRecords } = await import("./read_state_records.ts");
      return await readStateRecords(options);
    } catch (error) {
      return unread(error);
    }
  }

  return {
    scope: "directory",
    location: path,
    list: () => {
      const needs = missingFlags(directory, { access: ["read"], path });
      if (needs !== null) {
        const message = `Deno does not allow reading state file "${path}"`;
        return { answered: false, reason: "permission", needs, message };
      }
      try {
        // Mostly there is none, and then nothing is loaded that reads it.
        if (lookAt(path) === null) return { answered: true, publications: [], problems: [] };
      } catch (error) {
        return unread(error);
      }
      return read();
    },
    watch: (signal) => watchPath(path, { signal }),
    ...changesLater(directory, async () => {
      const { StateFileChanges } = await import("./state_file_changes.ts");
      return new StateFileChanges(options);
    }),
  };
}

/**
 * Checks a path that the user named for a state file, as `checkNamedStateFile()` does. Loads nothing
 * where nothing is at the path and no link leads to it.
 *
 * @throws {UsageError} If it is there and is not a state file.
 */
export async function checkNamedPlace(path: string): Promise<void> {
  if (isPlainlyMissing(path)) return;
  const { checkNamedStateFile } = await import("./state_file.ts");
  await checkNamedStateFile(path);
}

function isPlainlyMissing(path: string): boolean {
  const { directory } = splitPath(path);
  if (missingFlags(directory, { access: ["read"] }) !== null) return false;
  try {
    return lookAt(path) === null && Deno.realPathSync(directory) === directory;
  } catch {
    return false;
  }
}
