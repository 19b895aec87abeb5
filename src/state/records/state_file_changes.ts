/**
 * Changes a state file: put, remove, prune. Loaded at the first change, since a look does not need
 * it. How a change is made: see `createFileStore()`.
 */
import { StateFileError } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import type { GenerationRecord } from "../../generation/generation.ts";
import type { Publication } from "../../generation/records/store.ts";
import { lookAt } from "../../system/look_at.ts";
import { splitPath } from "../../system/path_parts.ts";
import { missingFlags, READ_WRITE, requireAccess } from "../../system/permissions.ts";
import { findTempFiles, removeIfThere, replaceFile } from "../../system/replace_file.ts";
import { LinkOwners } from "../../system/follow_links.ts";
import { FileLock } from "../../system/file_lock.ts";
import { changeState } from "../state_change.ts";
import { lastUpdate } from "../../generation/records/record_codec.ts";
import {
  formatStateFile,
  parseNamedStateFile,
  parseStateFile,
  STATE_BYTES_MAX,
  type StateFile,
  StateFullError,
  withoutRecords,
  withRecord,
} from "./state_codec.ts";
import {
  type FileStoreOptions,
  readStateText,
  requireStateFile,
  stateFileTarget,
} from "./state_file.ts";

/** A change of a state file; returns the same object if there is nothing to change. */
type StateEdit = (file: StateFile) => StateFile;

/** The changes of one state file; see the port `GenerationStore` for each. */
export class StateFileChanges {
  readonly #path: string;
  readonly #isNamed: boolean;
  readonly #clock: Pick<Clock, "now">;
  readonly #warn: (message: string) => void;
  readonly #lock: FileLock;
  readonly #owners = new LinkOwners();
  /**
   * Temporary files that existed at the first change; one promise, so that calls keep their order.
   */
  #temps: Promise<readonly string[]> | null = null;
  #isSwept = false;

  constructor(options: FileStoreOptions) {
    this.#path = options.path;
    this.#isNamed = options.isNamed ?? false;
    this.#clock = options.clock;
    this.#warn = options.warn ?? (() => {});
    this.#lock = new FileLock({ waitMs: options.lockWaitMs });
  }

  /** Adds or replaces a record. */
  async put({ record }: Publication): Promise<void> {
    await this.#change((file) => withRecord(file, record), { mayMake: true });
  }

  /** Removes a record, if it is there. */
  async remove(id: string): Promise<void> {
    await this.#change((file) => withoutRecords(file, [id]), { mayMake: false });
  }

  /** Removes records that are still as they were judged, if nobody holds the lock. */
  async prune(judged: readonly GenerationRecord[]): Promise<void> {
    const target = this.#target();
    if (!mayChange(target) || lookAt(target) === null) return;
    await this.#lock.tryExclusive(`${target}.lock`, () => this.#removeUnchanged(target, judged));
  }

  async #removeUnchanged(target: string, judged: readonly GenerationRecord[]): Promise<void> {
    const text = await readStateText(target) ?? "";
    const before = this.#isNamed ? parseNamedStateFile(text) : parseStateFile(text);
    const unchanged = judged.filter((record) =>
      lastUpdate(before.sessions.get(record.id)) === record.updatedAt
    );
    const after = withoutRecords(before, unchanged.map((record) => record.id));
    if (after === before) return;
    await replaceFile(target, textOf(target, after, this.#clock.now()));
  }

  async #change(edit: StateEdit, options: { readonly mayMake: boolean }): Promise<void> {
    const action = `Cannot write state file "${this.#path}"`;
    const { directory } = splitPath(this.#path);
    await changeState({ directory, action }, async () => {
      const target = this.#target();
      requireAccess(splitPath(target).directory, { access: READ_WRITE, action });
      const about = lookAt(target);
      // Only a plain file can hold this tool's records.
      if (!about?.isFile && !options.mayMake) return;
      if (about !== null) requireStateFile(target, about);
      // Searched before the lock is taken: the directory may hold a hundred thousand files.
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

  #target(): string {
    return stateFileTarget(this.#path, { isNamed: this.#isNamed, owners: this.#owners });
  }
}

/** Says whether Deno allows changing a file, which needs its directory. */
function mayChange(path: string): boolean {
  return missingFlags(splitPath(path).directory, { access: READ_WRITE }) === null;
}

/** What a rewrite needs to know. */
interface RewriteOptions {
  /** Whether the user named the file: it may be anything, and is never moved aside. */
  readonly isNamed: boolean;
  /** Epoch milliseconds: the time of writing, from which ages are counted. */
  readonly nowMs: number;
  readonly warn: (message: string) => void;
}

/**
 * Reads a state file, changes it and replaces it. Its lock must be held.
 *
 * A file that cannot be understood, or is nested too deeply to be written again, is never
 * overwritten: it is moved to `<file>.corrupt-<time>`, and the change is made to an empty file. A
 * file that the user named stays where it is, and the change fails.
 *
 * @throws {StateFileError} If the path is not a plain file or is too large, or a named file is not
 * a state file.
 * @throws What the system throws; the state file is then unchanged, or moved aside.
 */
async function rewriteStateFile(
  path: string,
  edit: StateEdit,
  options: RewriteOptions,
): Promise<void> {
  const before = await readOrSetAside(path, options);
  const after = edit(before);
  if (after === before) return;
  await replaceFile(path, textOf(path, after, options.nowMs));
}

async function readOrSetAside(path: string, options: RewriteOptions): Promise<StateFile> {
  const text = await readStateText(path) ?? "";
  try {
    return options.isNamed ? parseNamedStateFile(text) : parseStateFile(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    setAside(path, { ...options, reason: error.message });
    return parseStateFile("");
  }
}

/** The text of a state file, which others must be able to read. */
function textOf(path: string, file: StateFile, nowMs: number): string {
  try {
    return formatStateFile(file, nowMs);
  } catch (error) {
    if (!(error instanceof StateFullError)) throw error;
    throw new StateFileError(
      `Cannot write state file "${path}": it is full, for it may not have more than ` +
        `${STATE_BYTES_MAX} bytes (remove it, or name another with --state-file)`,
    );
  }
}

function setAside(path: string, options: RewriteOptions & { readonly reason: string }): void {
  if (options.isNamed) {
    throw new StateFileError(
      `Cannot write state file "${path}": it is not a state file, ${options.reason} (name another file)`,
    );
  }
  const time = new Date(options.nowMs).toISOString().replace(/[-:]|\.\d+/g, "");
  let aside = `${path}.corrupt-${time}`;
  for (let count = 2; lookAt(aside) !== null; count++) aside = `${path}.corrupt-${time}-${count}`;
  Deno.renameSync(path, aside);
  options.warn(
    `Cannot understand state file "${path}": ${options.reason} (it was moved to "${aside}")`,
  );
}
