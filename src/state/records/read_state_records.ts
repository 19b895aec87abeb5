/** Reads the records of a state file. Loaded only where there is one. */
import { systemReason } from "../../errors.ts";
import type { StoreReading } from "../../generation/records/store.ts";
import { isNotFound } from "../../system/look_at.ts";
import { decodeRecords, isFull, parseStateFile } from "./state_codec.ts";
import { type FileStoreOptions, readStateText, stateFileTarget } from "./state_file.ts";

/**
 * Reads them; what is no state file is told as a problem. Needs `--allow-read` for the file.
 *
 * @throws What the system throws, except if there is no file.
 * @throws {StateFileError} If it cannot be a state file.
 */
export async function readStateRecords(options: FileStoreOptions): Promise<StoreReading> {
  const { path, clock } = options;
  try {
    const text = await textOf(options) ?? "";
    const file = parseStateFile(text);
    const nowMs = clock.now();
    const { records, problems, unread } = decodeRecords(file, nowMs);
    const publications = records.map((record) => ({ record, session: null }));
    const limits = [
      ...unread === 0 ? [] : [
        `Only the ${records.length} newest records of state file "${path}" were read, ` +
        `${unread} more were not`,
      ],
      ...isFull(file, { text, nowMs })
        ? [`State file "${path}" is full: new generations may be missing in it`]
        : [],
    ];
    const told = [...problems, ...limits];
    return unread === 0
      ? { answered: true, publications, problems: told }
      : { answered: true, publications, problems: told, unread };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message = `Cannot read state file "${path}": ${systemReason(error)}`;
    return { answered: true, publications: [], problems: [message] };
  }
}

/** `null` if there is no file, or no directory for one. */
async function textOf({ path, isNamed = false }: FileStoreOptions): Promise<string | null> {
  try {
    return await readStateText(stateFileTarget(path, { isNamed }));
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}
