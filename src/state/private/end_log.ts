/**
 * How generations ended, in `ended/` of the user's state directory: one private file each. It is
 * kept for a day; a later write removes it (`docs/state-file.md`). It is written before the record
 * is removed, so that whoever sees the record vanish finds it.
 */
import { decodeEnd, encodeEnd } from "../../generation/records/end_log.ts";
import type { EndLog } from "../../generation/records/end_log.ts";
import { putDayFile, readDayFile } from "./day_files.ts";
import type { UserStateOptions } from "./private_directory.ts";

/**
 * The ends of this user's generations. `find()` needs `--allow-read` for the directory, `put()`
 * also `--allow-write`; without them it is empty and keeps nothing.
 */
export function createEndLog(options: UserStateOptions): EndLog {
  const files = { name: "ended", options };
  return {
    // If it cannot be kept, watchers see that the generation ended, but not how.
    put: async (end) =>
      await putDayFile(files, end.id, () => `${JSON.stringify(encodeEnd(end))}\n`),
    find: (id) => Promise.resolve(decodeEnd(readDayFile(files, id), id)),
  };
}
