/**
 * Files that are kept for a day, one for each generation, in one of the user's private directories.
 * Later writes remove them after that day (`docs/state-file.md`), and what killed processes left.
 */
import { isSafeId, RECORD_LIFETIME_MS } from "../../generation/generation.ts";
import { parseJson } from "../../json_object.ts";
import { touchTime } from "../../system/look_at.ts";
import { joinPath } from "../../system/path_parts.ts";
import { missingFlags, READ_WRITE } from "../../system/permissions.ts";
import { replaceFile } from "../../system/replace_file.ts";
import { makePrivateDirectory } from "./make_private_directory.ts";
import { isRecordName, type UserStateOptions } from "./private_directory.ts";
import { PRIVATE_FILE_MODE, readKeptText } from "./private_text.ts";
import { sweepOld } from "./sweep.ts";

/** A directory of such files. */
export interface DayFiles {
  /** Its name below the user's state directory. */
  readonly name: string;
  readonly options: UserStateOptions;
}

/**
 * Writes a generation's file, and removes those that are too old. Never throws: without
 * `--allow-read` and `--allow-write` for the directory, or if it cannot be written, nothing is
 * kept.
 *
 * @param encode Makes the text; if it throws, nothing is written.
 */
export async function putDayFile(
  { name, options }: DayFiles,
  id: string,
  encode: () => string,
): Promise<void> {
  if (!isSafeId(id)) return;
  if (missingFlags(options.directory, { access: READ_WRITE }) !== null) return;
  try {
    const { path } = makePrivateDirectory(name, options);
    const own = joinPath(path, `${id}.json`);
    // Once for each generation is often enough: some are written with every picture.
    if (touchTime(own) === null) {
      const nowMs = options.clock.now();
      await sweepOld(path, { nowMs, keptMs: RECORD_LIFETIME_MS, isOwn: isRecordName });
    }
    await replaceFile(own, encode(), { mode: PRIVATE_FILE_MODE });
  } catch {
    // The main task must not fail because it cannot be noted.
  }
}

/**
 * Reads a generation's file as JSON; `null` if there is none or it cannot be read. Never throws.
 */
export function readDayFile({ name, options }: DayFiles, id: string): unknown {
  if (!isSafeId(id)) return null;
  return parseJson(readKeptText(name, `${id}.json`, { user: options }) ?? "");
}
