/**
 * How generations ended, in `ended/` of the user's state directory: one private file each. It is
 * kept for a day; a later write removes it (`docs/state-file.md`). It is written before the record
 * is removed, so that whoever sees the record vanish finds it.
 */
import type { EndLog, GenerationEnd } from "../../generation/store.ts";
import { isJsonObject } from "../../json_object.ts";
import { parseTime } from "../../generation/record_codec.ts";
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
    put: async ({ id, outcome, endedAt }) =>
      await putDayFile(files, id, () => {
        const entry = { id, outcome, ended_at: new Date(endedAt).toISOString() };
        return `${JSON.stringify(entry)}\n`;
      }),
    find: async (id) => decodeEnd(await readDayFile(files, id), id),
  };
}

function decodeEnd(value: unknown, id: string): GenerationEnd | null {
  if (!isJsonObject(value) || value["id"] !== id) return null;
  const outcome = value["outcome"];
  const endedAt = parseTime(value["ended_at"]);
  if (endedAt === null) return null;
  if (outcome !== "finished" && outcome !== "failed" && outcome !== "cancelled") return null;
  return { id, outcome, endedAt };
}
