/**
 * The user scope: `generations/<id>.json` in the user's own state directory, with the server session
 * of each record (`docs/state-file.md`). One file each, so a broken one costs one record, and a
 * change costs the same whatever else is there.
 */
import { type GenerationRecord, isExpired } from "../../generation/generation.ts";
import type { Clock } from "../../generation/clock.ts";
import type { GenerationStore, Publication, StoreReading } from "../../generation/store.ts";
import { StateFileError, systemReason } from "../../errors.ts";
import { replaceFile } from "../../system/replace_file.ts";
import { FileLock } from "../file_lock.ts";
import { missingFlags, READ_WRITE } from "../../system/permissions.ts";
import { isNotFound } from "../../system/plain_file.ts";
import {
  makePrivateDirectory,
  privacyProblem,
  PRIVATE_FILE_MODE,
} from "../private/private_directory.ts";
import {
  findStaleFiles,
  formatPublication,
  isRecordName,
  MAX_READ,
  readRecordFiles,
  recordPath,
  removeStaleFile,
  updatedAtIn,
} from "./record_files.ts";
import { fewProblems } from "./record_codec.ts";
import { joinPath } from "../../system/path_parts.ts";
import { changeState } from "../state_change.ts";
import { watchPath } from "./watch.ts";

/** How the user's records are kept. */
export interface UserStoreOptions {
  /** The user's state directory, e.g. `~/.local/state/asset-generator`; made when it is needed. */
  readonly directory: string;
  /** For ages. */
  readonly clock: Pick<Clock, "now">;
  /** How long another process's lock is waited for, in milliseconds. @default {3000} */
  readonly lockWaitMs?: number;
}

/**
 * The records of this user, from any directory, with their server sessions.
 *
 * `list()` and `watch()` need `--allow-read` for the directory, all else `--allow-write` too.
 * Creating it touches nothing.
 */
export function createUserStore(options: UserStoreOptions): GenerationStore {
  return new UserStore(options);
}

class UserStore implements GenerationStore {
  readonly scope = "user";
  readonly location: string;
  readonly #records: string;
  readonly #clock: Pick<Clock, "now">;
  readonly #lock: FileLock;
  /** Files that were stale at the first change; one promise, so that calls keep their order. */
  #stale: Promise<readonly string[]> | null = null;
  #isSwept = false;

  constructor(options: UserStoreOptions) {
    this.location = options.directory;
    this.#records = joinPath(options.directory, "generations");
    this.#clock = options.clock;
    this.#lock = new FileLock({ waitMs: options.lockWaitMs, fileMode: PRIVATE_FILE_MODE });
  }

  async list(): Promise<StoreReading> {
    const needs = missingFlags(this.location, { access: ["read"] });
    if (needs !== null) {
      const message = `Deno does not allow reading this user's records in "${this.location}"`;
      return { answered: false, reason: "permission", needs, message };
    }
    try {
      const problem = privacyProblem(this.#records);
      const nowMs = this.#clock.now();
      const { decoded, unread } = await readRecordFiles(this.#records, nowMs);
      return {
        answered: true,
        publications: decoded.flatMap(({ publication }) =>
          publication === null || isExpired(publication.record, nowMs) ? [] : publication
        ),
        problems: [
          ...problem === null ? [] : [problem],
          ...unread === 0 ? [] : [unreadProblem(unread, this.location)],
          ...fewProblems(decoded.flatMap((one) => one.problems)),
        ],
        ...unread === 0 ? {} : { unread },
      };
    } catch (error) {
      const message = `Cannot read this user's records in "${this.location}": ${
        systemReason(error)
      }`;
      return { answered: false, reason: "failed", message };
    }
  }

  async put(publication: Publication): Promise<void> {
    const path = recordPath(this.#records, publication.record.id);
    if (path === null) {
      throw new StateFileError("Cannot write a record of this user: its id is not safe in a path");
    }
    await this.#change(() =>
      replaceFile(path, formatPublication(publication), { mode: PRIVATE_FILE_MODE })
    );
  }

  async remove(id: string): Promise<void> {
    const path = recordPath(this.#records, id);
    if (path !== null) await this.#change(() => removeFile(path));
  }

  async prune(judged: readonly GenerationRecord[]): Promise<void> {
    if (judged.length === 0 || missingFlags(this.location, { access: READ_WRITE }) !== null) return;
    try {
      await this.#lock.tryExclusive(this.#lockPath(), () => {
        for (const { id, updatedAt } of judged) {
          const path = recordPath(this.#records, id);
          if (path !== null && updatedAtIn(path) === updatedAt) removeFile(path);
        }
      });
    } catch {
      // Somebody else will notice too, and after a day it is swept away.
    }
  }

  watch(signal: AbortSignal): AsyncIterable<void> {
    return watchPath(this.#records, { signal, isRelevant: isRecordName });
  }

  async #change(action: () => void | Promise<void>): Promise<void> {
    const sentence = `Cannot write a record of this user in "${this.location}"`;
    await changeState({ directory: this.location, action: sentence }, async () => {
      makePrivateDirectory(this.#records);
      const nowMs = this.#clock.now();
      const stale = await (this.#stale ??= findStaleFiles(this.#records, nowMs));
      await this.#lock.exclusive(this.#lockPath(), async () => {
        if (!this.#isSwept) stale.forEach((path) => removeStaleFile(path, nowMs));
        this.#isSwept = true;
        await action();
      });
    });
  }

  #lockPath(): string {
    return joinPath(this.#records, ".lock");
  }
}

function unreadProblem(unread: number, location: string): string {
  return `Only the ${MAX_READ} newest records of this user were read, ${unread} more were not ` +
    `("${location}"; they go a day after they were written)`;
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
