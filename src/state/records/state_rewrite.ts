import { StateFileError } from "../../errors.ts";
import { replaceFile } from "../../system/replace_file.ts";
import {
  formatStateFile,
  parseNamedStateFile,
  parseStateFile,
  type StateFile,
} from "./state_codec.ts";
import { readStateText } from "./state_file.ts";
import { lookAt } from "../../system/plain_file.ts";

/** A change of a state file; it returns the very same one if there is nothing to change. */
export type StateEdit = (file: StateFile) => StateFile;

/** What a rewrite needs to know. */
interface RewriteOptions {
  /** The user named the file: it may be anything, and is never moved aside. */
  readonly isNamed: boolean;
  /** Epoch milliseconds: the time of writing, from which ages are reckoned. */
  readonly nowMs: number;
  readonly warn: (message: string) => void;
}

/**
 * Reads a state file, changes it and replaces it. Its lock must be held.
 *
 * What cannot be understood, or is nested too deeply to be written again, is never overwritten: it
 * is moved to `<file>.corrupt-<time>`, and the change is made to an empty file. What the user named
 * stays where it is, and the change fails.
 *
 * @throws {StateFileError} If the path is no plain file or too large, or a named file is no state
 *   file.
 * @throws What the system throws; the state file is then as it was, or moved aside.
 */
export async function rewriteStateFile(
  path: string,
  edit: StateEdit,
  options: RewriteOptions,
): Promise<void> {
  const before = await readOrSetAside(path, options);
  const after = edit(before);
  if (after === before) return;
  await replaceFile(path, formatOrSetAside(path, { after, edit, ...options }));
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

function formatOrSetAside(
  path: string,
  options: RewriteOptions & { readonly after: StateFile; readonly edit: StateEdit },
): string {
  try {
    return formatStateFile(options.after, options.nowMs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    setAside(path, { ...options, reason: "it is nested too deeply" });
    return formatStateFile(options.edit(parseStateFile("")), options.nowMs);
  }
}

function setAside(path: string, options: RewriteOptions & { readonly reason: string }): void {
  if (options.isNamed) {
    throw new StateFileError(
      `Cannot write state file "${path}": it is no state file, ${options.reason} (name another file)`,
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
