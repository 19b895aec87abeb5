/**
 * The user scope: `generations/<id>.json` in the user's state directory, with the server session of
 * each record (`docs/state-file.md`). There is one file for each record, so a broken file affects
 * one record only, and a change takes the same time however many there are.
 */
import { systemReason } from "../../errors.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import type { GenerationStore, Publication, StoreReading } from "../../generation/records/store.ts";
import { joinPath } from "../../system/path_parts.ts";
import { missingFlags, READ_WRITE } from "../../system/permissions.ts";
import {
  isRecordName,
  NotPrivateError,
  type PrivateDirectory,
  trustedDirectory,
} from "../private/private_directory.ts";
import type { UserRecordChanges, UserStoreOptions } from "./user_store_changes.ts";
import { watchPath } from "./watch.ts";

const RECORDS = "generations";

/**
 * The records of this user, from any directory, with their server sessions.
 *
 * `list()` and `watch()` need `--allow-read` for the directory, everything else also
 * `--allow-write`. Creating it reads and writes nothing.
 */
export function createUserStore(options: UserStoreOptions): GenerationStore {
  return new UserStore(options);
}

class UserStore implements GenerationStore {
  readonly scope = "user";
  readonly location: string;
  readonly #records: string;
  readonly #options: UserStoreOptions;
  /** One promise, so that changes keep their order. */
  #changes: Promise<UserRecordChanges> | null = null;

  constructor(options: UserStoreOptions) {
    this.location = options.directory;
    this.#records = joinPath(options.directory, RECORDS);
    this.#options = options;
  }

  list(): StoreReading | Promise<StoreReading> {
    const needs = missingFlags(this.location, { access: ["read"] });
    if (needs !== null) {
      const message = `Deno does not allow reading this user's records in "${this.location}"`;
      return { answered: false, reason: "permission", needs, message };
    }
    try {
      const directory = trustedDirectory(RECORDS, this.#options);
      if (directory === null) return { answered: true, publications: [], problems: [] };
      return this.#read(directory);
    } catch (error) {
      return this.#unread(error);
    }
  }

  async #read(directory: PrivateDirectory): Promise<StoreReading> {
    try {
      // Loaded only where something was published.
      const { readUserRecords } = await import("./record_files.ts");
      return await readUserRecords(directory, {
        location: this.location,
        nowMs: this.#options.clock.now(),
      });
    } catch (error) {
      return this.#unread(error);
    }
  }

  #unread(error: unknown): StoreReading {
    const message = error instanceof NotPrivateError
      ? error.message
      : `Cannot read this user's records in "${this.location}": ${systemReason(error)}`;
    return { answered: false, reason: "failed", message };
  }

  async put(publication: Publication): Promise<void> {
    await (await this.#changer()).put(publication);
  }

  async remove(id: string): Promise<void> {
    await (await this.#changer()).remove(id);
  }

  async prune(judged: readonly GenerationRecord[]): Promise<void> {
    if (judged.length === 0 || missingFlags(this.location, { access: READ_WRITE }) !== null) return;
    try {
      await (await this.#changer()).prune(judged);
    } catch {
      // Somebody else will notice too, and after a day it is swept away.
    }
  }

  watch(signal: AbortSignal): AsyncIterable<void> {
    return watchPath(this.#records, { signal, isRelevant: isRecordName });
  }

  #changer(): Promise<UserRecordChanges> {
    return this.#changes ??= import("./user_store_changes.ts")
      .then(({ UserRecordChanges }) => new UserRecordChanges(RECORDS, this.#options));
  }
}
