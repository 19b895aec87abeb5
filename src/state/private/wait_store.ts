/**
 * Waits that continue in the next process, in `waits/` of the user's state directory: a file for
 * each server and set of rules, mode 0600, changed under a lock and replaced in one step.
 */
import type { WaitKey, WaitMemory, WaitStore } from "../../detection/idle_wait.ts";
import type { QuietLook, QuietWindow } from "../../detection/quiet_window.ts";
import { isJsonObject, parseJson } from "../../json_object.ts";
import { joinPath } from "../../system/path_parts.ts";
import { replaceFile } from "../../system/replace_file.ts";
import { FileLock } from "../../system/file_lock.ts";
import { changeState } from "../state_change.ts";
import { makePrivateDirectory } from "./make_private_directory.ts";
import type { PrivateDirectory, UserStatePlace } from "./private_directory.ts";
import { PRIVATE_FILE_MODE, readPrivateText } from "./private_text.ts";

/**
 * The kept waits of this user.
 */
export function createWaitStore(options: UserStatePlace): WaitStore {
  return new FileWaitStore(options);
}

const DIRECTORY = "waits";

class FileWaitStore implements WaitStore {
  readonly #place: UserStatePlace;
  readonly #lock = new FileLock({ fileMode: PRIVATE_FILE_MODE });

  constructor(place: UserStatePlace) {
    this.#place = place;
  }

  async update<T extends { readonly kept: WaitMemory }>(
    key: WaitKey,
    change: (kept: WaitMemory | null) => T,
  ): Promise<T> {
    const { directory: base } = this.#place;
    const action = `Cannot remember this wait in "${joinPath(base, DIRECTORY)}"`;
    return await changeState({ directory: base, action }, async () => {
      const directory = makePrivateDirectory(DIRECTORY, this.#place);
      return await this.#lock.exclusive(joinPath(directory.path, ".lock"), async () => {
        const changed = change(readMemory(directory, key));
        const text = JSON.stringify(encodeMemory(changed.kept, key), null, 2) + "\n";
        await replaceFile(joinPath(directory.path, nameOf(key)), text, { mode: PRIVATE_FILE_MODE });
        return changed;
      });
    });
  }
}

/** The name need not be unique: the file itself says what it is about. */
function nameOf({ serverUrl, rules }: WaitKey): string {
  const server = serverUrl.replace(/[^A-Za-z0-9.-]+/g, "_").slice(0, 100);
  return `${server}-${rules}.json`;
}

function readMemory(directory: PrivateDirectory, key: WaitKey): WaitMemory | null {
  const text = readPrivateText(directory, nameOf(key));
  return text === null ? null : decodeMemory(parseJson(text), key);
}

function encodeMemory(
  { window, likelySinceMs, putOffSinceMs }: WaitMemory,
  key: WaitKey,
): Readonly<Record<string, unknown>> {
  return {
    server_url: key.serverUrl,
    rules: key.rules,
    likely_since: likelySinceMs,
    ...(putOffSinceMs === undefined ? {} : { put_off_since: putOffSinceMs }),
    window: window && { ...window, last: encodeSample(window.last) },
  };
}

function encodeSample({ agesSeconds, ...times }: QuietLook): Readonly<Record<string, unknown>> {
  return { ...times, agesSeconds: agesSeconds && [...agesSeconds] };
}

/** A file that is not understood completely is not used at all: the window starts again. */
function decodeMemory(value: unknown, key: WaitKey): WaitMemory | null {
  if (!isJsonObject(value)) return null;
  if (value["server_url"] !== key.serverUrl || value["rules"] !== key.rules) return null;
  const window = decodeWindow(value["window"]);
  const likelySinceMs = value["likely_since"];
  const putOffSinceMs = value["put_off_since"];
  // A wait whose looks were all put off has no window yet.
  if (window === null && value["window"] !== null) return null;
  if (!isTimeOrNull(likelySinceMs)) return null;
  return { window, likelySinceMs, ...(isTime(putOffSinceMs) ? { putOffSinceMs } : {}) };
}

function decodeWindow(value: unknown): QuietWindow | null {
  if (!isJsonObject(value)) return null;
  const { sinceMs, basis } = value;
  const last = decodeSample(value["last"]);
  if (last === null || !isTimeOrNull(sinceMs)) return null;
  if (basis !== "samples" && basis !== "backend_ages") return null;
  return { sinceMs, basis, last };
}

function decodeSample(value: unknown): QuietLook | null {
  if (!isJsonObject(value)) return null;
  const { askedAtMs, answeredAtMs, isIdle, agesSeconds } = value;
  if (!isTime(askedAtMs) || !isTime(answeredAtMs) || typeof isIdle !== "boolean") return null;
  if (agesSeconds === null) return { askedAtMs, answeredAtMs, isIdle, agesSeconds };
  if (!Array.isArray(agesSeconds)) return null;
  const ages = new Map<number, number | null>();
  for (const entry of agesSeconds) {
    const [id, age]: readonly unknown[] = Array.isArray(entry) ? entry : [];
    if (!isTime(id) || !isTimeOrNull(age)) return null;
    ages.set(id, age);
  }
  return { askedAtMs, answeredAtMs, isIdle, agesSeconds: ages };
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isTimeOrNull(value: unknown): value is number | null {
  return value === null || isTime(value);
}
