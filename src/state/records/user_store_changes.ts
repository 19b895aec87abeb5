/**
 * Changes the records of the user scope: put, remove, prune. Loaded at the first change, since a
 * look does not need it.
 */
import { StateFileError } from "../../errors.ts";
import { type GenerationRecord, RECORD_LIFETIME_MS } from "../../generation/generation.ts";
import type { Publication } from "../../generation/records/store.ts";
import { encodeSession } from "../../generation/session.ts";
import { parseJson } from "../../json_object.ts";
import { isNotFound, lookAt, touchTime } from "../../system/look_at.ts";
import { joinPath } from "../../system/path_parts.ts";
import { isTempName, removeIfThere, replaceFile } from "../../system/replace_file.ts";
import { FileLock } from "../../system/file_lock.ts";
import { makePrivateDirectory } from "../private/make_private_directory.ts";
import {
  isRecordName,
  recordPath,
  trustedDirectory,
  type UserStateOptions,
} from "../private/private_directory.ts";
import { PRIVATE_FILE_MODE } from "../private/private_text.ts";
import { changeState } from "../state_change.ts";
import { encodeRecord, lastUpdate } from "../../generation/records/record_codec.ts";
import { Breath, namesIn } from "./record_files.ts";

/** How many stale files one process removes at most, since it holds the lock while it does. */
const MAX_SWEPT = 2_000;

/** How the user's records are kept. */
export interface UserStoreOptions extends UserStateOptions {
  /** How long to wait for another process's lock, in milliseconds. @default {3000} */
  readonly lockWaitMs?: number;
}

/** The changes of a user's records; see the port `GenerationStore` for each. */
export class UserRecordChanges {
  readonly #options: UserStoreOptions;
  readonly #name: string;
  readonly #records: string;
  readonly #lock: FileLock;
  /** Files that were stale at the first change; one promise, so that calls keep their order. */
  #stale: Promise<readonly string[]> | null = null;
  #isSwept = false;

  /** @param name The directory of the records, below the user's state directory. */
  constructor(name: string, options: UserStoreOptions) {
    this.#options = options;
    this.#name = name;
    this.#records = joinPath(options.directory, name);
    this.#lock = new FileLock({ waitMs: options.lockWaitMs, fileMode: PRIVATE_FILE_MODE });
  }

  /** Adds or replaces a record. */
  async put(publication: Publication): Promise<void> {
    const path = recordPath(this.#records, publication.record.id);
    if (path === null) {
      throw new StateFileError("Cannot write a record of this user: its id is not safe in a path");
    }
    await this.#change(() =>
      replaceFile(path, formatPublication(publication), { mode: PRIVATE_FILE_MODE })
    );
  }

  /** Removes a record, if it is there. */
  async remove(id: string): Promise<void> {
    const path = recordPath(this.#records, id);
    if (path !== null) await this.#change(() => removeFile(path));
  }

  /** Removes records that are still as they were judged, if nobody holds the lock. */
  async prune(judged: readonly GenerationRecord[]): Promise<void> {
    if (trustedDirectory(this.#name, this.#options) === null) return;
    await this.#lock.tryExclusive(this.#lockPath(), () => {
      for (const { id, updatedAt } of judged) {
        const path = recordPath(this.#records, id);
        if (path !== null && updatedAtIn(path) === updatedAt) removeFile(path);
      }
    });
  }

  async #change(work: () => void | Promise<void>): Promise<void> {
    const { directory, clock } = this.#options;
    const action = `Cannot write a record of this user in "${directory}"`;
    await changeState({ directory, action }, async () => {
      makePrivateDirectory(this.#name, this.#options);
      const nowMs = clock.now();
      const stale = await (this.#stale ??= findStaleFiles(this.#records, nowMs));
      await this.#lock.exclusive(this.#lockPath(), async () => {
        if (!this.#isSwept) stale.forEach((path) => removeStaleFile(path, nowMs));
        this.#isSwept = true;
        await work();
      });
    });
  }

  #lockPath(): string {
    return joinPath(this.#records, ".lock");
  }
}

/** Writes a private record's text. */
function formatPublication(publication: Publication): string {
  const { record, session } = publication;
  const value = {
    ...encodeRecord(record),
    session: session === null ? null : encodeSession(session),
  };
  return JSON.stringify(value, null, 2) + "\n";
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/**
 * Finds what nobody needs any more: records older than a day, broken files that were not changed
 * for a day, and temporary files of killed processes (or of one that is writing now).
 *
 * @returns Paths; empty if the directory cannot be read.
 */
async function findStaleFiles(directory: string, nowMs: number): Promise<readonly string[]> {
  const names = await namesIn(directory).catch(() => []);
  const stale: string[] = [];
  const breath = new Breath();
  for (const name of names) {
    if (stale.length === MAX_SWEPT) break;
    if (!isTempName(name) && !isRecordName(name)) continue;
    await breath.take();
    const path = joinPath(directory, name);
    if (isStale(path, nowMs)) stale.push(path);
  }
  return stale;
}

/** Removes a file if it is still stale; the directory's lock must be held. */
function removeStaleFile(path: string, nowMs: number): void {
  if (isStale(path, nowMs)) removeIfThere(path);
}

/** The time of writing in a record's file, epoch milliseconds; `null` if it cannot be read. */
function updatedAtIn(path: string): number | null {
  // Synchronous, for use under the lock: nobody else can put a pipe into a directory with mode
  // 0700.
  if (!lookAt(path)?.isFile) return null;
  return lastUpdate(parseJson(Deno.readTextFileSync(path)));
}

function isStale(path: string, nowMs: number): boolean {
  const touchedAt = touchTime(path);
  if (touchedAt === null) return false;
  if (isTempName(path)) return true;
  // Nearly always the file's own time is enough, and it is not opened.
  if (nowMs - touchedAt <= RECORD_LIFETIME_MS) return false;
  try {
    return nowMs - (updatedAtIn(path) ?? touchedAt) > RECORD_LIFETIME_MS;
  } catch {
    return false;
  }
}
