/**
 * Remembers what servers have to choose from, for Tab completion, in `choices/` of the user's state
 * directory: a file for each server and login, mode 0600, replaced in one step. Names of models say
 * something about their user, so nobody else may read them.
 */
import type {
  ChoiceMemory,
  Choices,
  RememberedChoices,
} from "../../generation/server/server_choices.ts";
import type { SessionCacheKey } from "../../generation/session.ts";
import { isJsonObject, parseJson } from "../../json_object.ts";
import { joinPath } from "../../system/path_parts.ts";
import { missingFlags, READ_WRITE } from "../../system/permissions.ts";
import { replaceFile } from "../../system/replace_file.ts";
import { makePrivateDirectory } from "./make_private_directory.ts";
import type { UserStateOptions } from "./private_directory.ts";
import { PRIVATE_FILE_MODE, readKeptText } from "./private_text.ts";
import { fileNameOf } from "./session_cache.ts";
import { sweepOld } from "./sweep.ts";

const DIRECTORY = "choices";
/** The age at which a server's answer is too old to be used. */
const KEPT_MS = 60 * 24 * 60 * 60 * 1000;
/** Longer lists are not kept: this is enough for tens of thousands of names. */
const LONGEST = 2_000_000;
/** Files of this size or more are not read; this tool writes none. */
const MAX_BYTES = 4 * LONGEST;

/**
 * The answers of servers to this user. `load()` needs `--allow-read` for the directory, `save()`
 * also `--allow-write`; without them nothing is remembered. Creating it reads and writes nothing.
 */
export function createChoiceMemory(options: UserStateOptions): ChoiceMemory {
  return new FileChoiceMemory(options);
}

class FileChoiceMemory implements ChoiceMemory {
  readonly #options: UserStateOptions;

  constructor(options: UserStateOptions) {
    this.#options = options;
  }

  load(key: SessionCacheKey): Promise<RememberedChoices | null> {
    const text = readKeptText(DIRECTORY, fileNameOf(key), {
      user: this.#options,
      maxBytes: MAX_BYTES,
    });
    return Promise.resolve(text === null ? null : decode(text, key));
  }

  async save(key: SessionCacheKey, { choices, asOfMs }: RememberedChoices): Promise<void> {
    if (missingFlags(this.#options.directory, { access: READ_WRITE }) !== null) return;
    try {
      const before = await this.load(key);
      const text = JSON.stringify({
        server_url: key.serverUrl,
        credentials_hash: key.credentialsHash,
        as_of: Math.max(asOfMs, before?.asOfMs ?? 0),
        choices: Object.fromEntries([...before?.choices ?? [], ...choices]),
      });
      if (text.length > LONGEST) return;
      const { path } = makePrivateDirectory(DIRECTORY, this.#options);
      const nowMs = this.#options.clock.now();
      await sweepOld(path, { nowMs, keptMs: KEPT_MS, isOwn: () => true });
      await replaceFile(joinPath(path, fileNameOf(key)), `${text}\n`, { mode: PRIVATE_FILE_MODE });
    } catch {
      // The main task is done; only the next Tab completion knows less.
    }
  }
}

function decode(text: string, key: SessionCacheKey): RememberedChoices | null {
  const entry = parseJson(text);
  if (!isJsonObject(entry) || entry["credentials_hash"] !== key.credentialsHash) return null;
  if (entry["server_url"] !== key.serverUrl) return null;
  const asOfMs = entry["as_of"];
  return {
    choices: decodeChoices(entry["choices"]),
    asOfMs: typeof asOfMs === "number" && Number.isFinite(asOfMs) ? asOfMs : 0,
  };
}

function decodeChoices(value: unknown): Choices {
  const choices = new Map<string, readonly string[]>();
  for (const [id, names] of Object.entries(isJsonObject(value) ? value : {})) {
    if (Array.isArray(names) && names.every((name): name is string => typeof name === "string")) {
      choices.set(id, names);
    }
  }
  return choices;
}
