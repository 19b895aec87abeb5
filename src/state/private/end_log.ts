/**
 * How generations ended, in `ended/` of the user's state directory: a file each, closed to others. It
 * is kept for a day, and removed by the next one that is written after that (`docs/state-file.md`).
 * Written before the record is removed, so that whoever sees the record vanish finds it.
 */
import type { EndLog, GenerationEnd } from "../../generation/store.ts";
import { isSafeId, RECORD_LIFETIME_MS } from "../../generation/generation.ts";
import { isJsonObject } from "../../json_object.ts";
import { joinPath } from "../../system/path_parts.ts";
import { missingFlags, READ_WRITE } from "../../system/permissions.ts";
import { isTempName, replaceFile } from "../../system/replace_file.ts";
import { parseTime } from "../records/record_codec.ts";
import { isRecordName } from "../records/record_files.ts";
import {
  makePrivateDirectory,
  PRIVATE_FILE_MODE,
  readPrivateText,
  trustedDirectory,
  type UserStateOptions,
} from "./private_directory.ts";
import { parseJson } from "./session_codec.ts";
import { sweep } from "./sweep.ts";

const DIRECTORY = "ended";

/**
 * The ends of this user's generations. `find()` needs `--allow-read` for the directory, `put()`
 * `--allow-write` too; without them it is empty and keeps nothing.
 */
export function createEndLog(options: UserStateOptions): EndLog {
  return {
    async put(end): Promise<void> {
      if (!isSafeId(end.id)) return;
      if (missingFlags(options.directory, { access: READ_WRITE }) !== null) return;
      const entry = {
        id: end.id,
        outcome: end.outcome,
        ended_at: new Date(end.endedAt).toISOString(),
      };
      try {
        const { path } = makePrivateDirectory(DIRECTORY, options);
        const nowMs = options.clock.now();
        await sweep(
          path,
          ({ name, touchedAt }) =>
            (isRecordName(name) || isTempName(name)) && nowMs - touchedAt > RECORD_LIFETIME_MS,
        );
        await replaceFile(joinPath(path, `${end.id}.json`), JSON.stringify(entry) + "\n", {
          mode: PRIVATE_FILE_MODE,
        });
      } catch {
        // Watchers then see that it ended, not how.
      }
    },
    async find(id): Promise<GenerationEnd | null> {
      if (!isSafeId(id)) return null;
      if (missingFlags(options.directory, { access: ["read"] }) !== null) return null;
      try {
        const directory = trustedDirectory(DIRECTORY, options);
        const text = directory && await readPrivateText(directory, `${id}.json`);
        return decodeEnd(parseJson(text ?? ""), id);
      } catch {
        return null;
      }
    },
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
