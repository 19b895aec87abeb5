/**
 * The user scope: `generations/<id>.json` in the user's state directory, with the server session of
 * each record (`docs/state-file.md`). There is one file for each record, so a broken file affects
 * one record only, and a change takes the same time however many there are.
 */
import { systemReason } from "../../errors.ts";
import type { GenerationStore, StoreReading } from "../../generation/records/store.ts";
import { joinPath } from "../../system/path_parts.ts";
import { missingFlags } from "../../system/permissions.ts";
import {
  isRecordName,
  NotPrivateError,
  type PrivateDirectory,
  trustedDirectory,
} from "../private/private_directory.ts";
import { changesLater, watchPath } from "./loaded_later.ts";
import type { UserStoreOptions } from "./user_store_changes.ts";

const RECORDS = "generations";

/**
 * The records of this user, from any directory, with their server sessions.
 *
 * `list()` and `watch()` need `--allow-read` for the directory, everything else also
 * `--allow-write`. Creating it reads and writes nothing.
 */
export function createUserStore(options: UserStoreOptions): GenerationStore {
  const { directory: location } = options;

  function unread(error: unknown): StoreReading {
    const message = error instanceof NotPrivateError
      ? error.message
      : `Cannot read this user's records in "${location}": ${systemReason(error)}`;
    return { answered: false, reason: "failed", message };
  }

  async function read(directory: PrivateDirectory): Promise<StoreReading> {
    try {
      // Loaded only where something was published.
      const { readUserRecords } = await import("./record_files.ts");
      return await readUserRecords(directory, { location, nowMs: options.clock.now() });
    } catch (error) {
      return unread(error);
    }
  }

  return {
    scope: "user",
    location,
    list: () => {
      const needs = missingFlags(location, { access: ["read"] });
      if (needs !== null) {
        const message = `Deno does not allow reading this user's records in "${location}"`;
        return { answered: false, reason: "permission", needs, message };
      }
      try {
        const directory = trustedDirectory(RECORDS, options);
        if (directory === null) return { answered: true, publications: [], problems: [] };
        return read(directory);
      } catch (error) {
        return unread(error);
      }
    },
    watch: (signal) => watchPath(joinPath(location, RECORDS), { signal, isRelevant: isRecordName }),
    ...changesLater(location, async () => {
      const { UserRecordChanges } = await import("./user_store_changes.ts");
      return new UserRecordChanges(RECORDS, options);
    }),
  };
}
