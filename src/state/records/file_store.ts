/**
 * The directory scope: one state file that many processes change (`docs/state-file.md`).
 *
 * A change is: lock on `<file>.lock` → read → change one's own record → unique temporary file →
 * rename → unlock. Readers take no lock and see the file before or after a change, never a part.
 * Under the lock all but the opening is synchronous, a fraction of a millisecond for a usual file: a
 * stopped process rarely stops under the lock. The price: on a network file system that hangs, a
 * change hangs the process.
 *
 * In a working directory others may have put anything under the default name. There the file is
 * used only if it is a plain file or absent; links are followed only for a path that the user named.
 */
import type { GenerationRecord } from "../../generation/generation.ts";
import type { Clock } from "../../generation/clock.ts";
import type { GenerationStore, Publication, StoreReading } from "../../generation/store.ts";
import { StateFileError, systemReason } from "../../errors.ts";
import { findTempFiles, removeIfThere, replaceFile } from "../../system/replace_file.ts";
import { FileLock } from "../file_lock.ts";
import { missingFlags, READ_WRITE, requireAccess } from "../../system/permissions.ts";
import { lastUpdate } from "./record_codec.ts";
import {
  decodeRecords,
  formatStateFile,
  parseNamedStateFile,
  parseStateFile,
  withoutRecords,
  withRecord,
} from "./state_codec.ts";
import { rewriteStateFile, type StateEdit } from "./state_rewrite.ts";
import { isNotFound, lookAt } from "../../system/plain_file.ts";
import { splitPath } from "../../system/path_parts.ts";
import { readStateText, requireStateFile, stateFileTarget } from "./state_file.ts";
import { changeState } from "../state_change.ts";
import { watchPath } from "./watch.ts";

/** How a state file is used. */
export interface FileStoreOptions {
  /** The state file; it and its lock are made when the first record is put. */
  readonly path: string;
  /** The user named the path: its links are followed, and it is never moved aside. @default {false} */
  readonly isNamed?: boolean;
  /** For ages and the time of writing. */
  readonly clock: Pick<Clock, "now">;
  /** Is told, in one line, what was moved aside. */
  readonly warn?: (message: string) => void;
  /** How long another process's lock is waited for, in milliseconds. @default {3000} */
  readonly lockWaitMs?: number;
}

/**
 * The records in a state file, for whoever can read its directory; never a server session.
 *
 * `list()` and `watch()` need `--allow-read` for the file; all else `--allow-read` and
 * `--allow-write` for the directory of the file that a link leads to. Creating it touches nothing.
 */
export function createFileStore(options: FileStoreOptions): GenerationStore {
  return new FileStore(options);
}

class FileStore implements GenerationStore {
  readonly scope = "directory";
  readonly location: string;
  readonly #isNamed: boolean;
  readonly #clock: Pick<Clock, "now">;
  readonly #warn: (message: string) => void;
  readonly #lock: FileLock;
  /** Temporary files that were there at the first change; one promise, so that calls keep their order. */
  #temps: Promise<readonly string[]> | null = null;
  #isSwept = false;

  constructor(options: FileStoreOptions) {
    this.location = options.path;
    this.#isNamed = options.isNamed ?? false;
    this.#clock = options.clock;
    this.#warn = options.warn ?? (() => {});
    this.#lock = new FileLock({ waitMs: options.lockWaitMs });
  }

  async list(): Promise<StoreReading> {
    const path = this.location;
    const needs = missingFlags(splitPath(path).directory, { access: ["read"], path });
    if (needs !== null) {
      const message = `Deno does not allow reading state file "${path}"`;
      return { answered: false, reason: "permission", needs, message };
    }
    try {
      const file = parseStateFile(await this.#text() ?? "");
      const { records, problems } = decodeRecords(file, this.#clock.now());
      return {
        answered: true,
        publications: records.map((record) => ({ record, session: null })),
        problems,
      };
    } catch (error) {
      const message = `Cannot read state file "${path}": ${systemReason(error)}`;
      if (error instanceof SyntaxError) {
        return { answered: true, publications: [], problems: [message] };
      }
      return {
        answered: false,
        reason: "failed",
        message: error instanceof StateFileError ? error.message : message,
      };
    }
  }

  async put({ record }: Publication): Promise<void> {
    await this.#change((file) => withRecord(file, record), { mayMake: true });
  }

  async remove(id: string): Promise<void> {
    await this.#change((file) => withoutRecords(file, [id]), { mayMake: false });
  }

  async prune(judged: readonly GenerationRecord[]): Promise<void> {
    if (judged.length === 0 || !isWritable(this.location)) return;
    try {
      const target = this.#target();
      if (!isWritable(target) || lookAt(target) === null) return;
      await this.#lock.tryExclusive(`${target}.lock`, () => this.#removeUnchanged(target, judged));
    } catch {
      // Somebody else will notice too, and after a day any write drops them.
    }
  }

  watch(signal: AbortSignal): AsyncIterable<void> {
    return watchPath(this.location, { signal });
  }

  #target(): string {
    return stateFileTarget(this.location, { isNamed: this.#isNamed });
  }

  /** `null` if there is no file, or no directory for one. */
  async #text(): Promise<string | null> {
    try {
      return await readStateText(this.#target());
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async #removeUnchanged(target: string, judged: readonly GenerationRecord[]): Promise<void> {
    const text = await readStateText(target) ?? "";
    const before = this.#isNamed ? parseNamedStateFile(text) : parseStateFile(text);
    const unchanged = judged.filter((record) =>
      lastUpdate(before.sessions.get(record.id)) === record.updatedAt
    );
    const after = withoutRecords(before, unchanged.map((record) => record.id));
    if (after === before) return;
    await replaceFile(target, formatStateFile(after, this.#clock.now()));
  }

  async #change(edit: StateEdit, options: { readonly mayMake: boolean }): Promise<void> {
    const action = `Cannot write state file "${this.location}"`;
    const { directory } = splitPath(this.location);
    await changeState({ directory, action }, async () => {
      const target = this.#target();
      requireAccess(splitPath(target).directory, { access: READ_WRITE, action });
      const about = lookAt(target);
      // Nothing of ours can be in what is no plain file.
      if (!about?.isFile && !options.mayMake) return;
      if (about !== null) requireStateFile(target, about);
      // Looked for before the lock is taken: the directory may hold a hundred thousand files.
      const temps = await (this.#temps ??= findTempFiles(target));
      await this.#lock.exclusive(`${target}.lock`, async () => {
        if (!this.#isSwept) temps.forEach(removeIfThere);
        this.#isSwept = true;
        await rewriteStateFile(target, edit, {
          isNamed: this.#isNamed,
          nowMs: this.#clock.now(),
          warn: this.#warn,
        });
      });
    });
  }
}

/** Says whether Deno allows changing a file, which needs its directory. */
function isWritable(path: string): boolean {
  return missingFlags(splitPath(path).directory, { access: READ_WRITE }) === null;
}
