/**
 * Waits that go on from process to process, in `waits/` of the user's state directory: a file for
 * each server and set of rules, 0600, replaced in one step. Of two processes that save at once the
 * later wins; what either kept is true.
 */
import type { WaitMemory } from "../detection/idle_wait.ts";
import type { QuietSample, QuietWindow } from "../detection/quiet_window.ts";
import type { WaitKey, WaitStore } from "../detection/wait_store.ts";
import { StateFileError } from "../errors.ts";
import { replaceFile } from "./atomic_write.ts";
import { type Access, requireAccess } from "./permissions.ts";
import { parseJson } from "./private_codec.ts";
import { makePrivateDirectory, PRIVATE_FILE_MODE } from "./private_directory.ts";
import { isJsonObject } from "./record_codec.ts";
import { joinPath } from "./state_path.ts";
import { isNotFound, systemReason } from "./system_reason.ts";

const READ_WRITE: readonly Access[] = ["read", "write"];

/**
 * The kept waits of this user.
 *
 * @param options.directory The user's state directory, the same as the user store's.
 */
export function createWaitStore(options: { readonly directory: string }): WaitStore {
  return new FileWaitStore(options.directory);
}

class FileWaitStore implements WaitStore {
  readonly #base: string;
  readonly #directory: string;

  constructor(base: string) {
    this.#base = base;
    this.#directory = joinPath(base, "waits");
  }

  async load(key: WaitKey): Promise<WaitMemory | null> {
    this.#require();
    try {
      return decodeMemory(parseJson(await Deno.readTextFile(this.#pathOf(key))), key);
    } catch (error) {
      if (isNotFound(error)) return null;
      throw this.#problem(error);
    }
  }

  async save(key: WaitKey, memory: WaitMemory): Promise<void> {
    this.#require();
    const { window, likelySinceMs } = memory;
    const entry = {
      server_url: key.serverUrl,
      rules: key.rules,
      likely_since: likelySinceMs,
      window: window && { ...window, last: encodeSample(window.last) },
    };
    try {
      makePrivateDirectory(this.#directory);
      const text = JSON.stringify(entry, null, 2) + "\n";
      await replaceFile(this.#pathOf(key), text, { mode: PRIVATE_FILE_MODE });
    } catch (error) {
      throw this.#problem(error);
    }
  }

  #require(): void {
    requireAccess(this.#base, { access: READ_WRITE, action: "Cannot keep the wait" });
  }

  #problem(error: unknown): unknown {
    return error instanceof StateFileError ? error : new StateFileError(
      `Cannot keep the wait in "${this.#directory}": ${systemReason(error)}`,
      { cause: error },
    );
  }

  /** The name need not be unique: the file says itself what it is about. */
  #pathOf({ serverUrl, rules }: WaitKey): string {
    const server = serverUrl.replace(/[^A-Za-z0-9.-]+/g, "_").slice(0, 100);
    return joinPath(this.#directory, `${server}-${rules}.json`);
  }
}

function encodeSample({ agesSeconds, ...times }: QuietSample): Readonly<Record<string, unknown>> {
  return { ...times, agesSeconds: agesSeconds && [...agesSeconds] };
}

/** What is not understood in whole is not believed in part: the window starts anew. */
function decodeMemory(value: unknown, key: WaitKey): WaitMemory | null {
  if (!isJsonObject(value)) return null;
  if (value["server_url"] !== key.serverUrl || value["rules"] !== key.rules) return null;
  const window = decodeWindow(value["window"]);
  const likelySinceMs = value["likely_since"];
  if (window === null || !isTimeOrNull(likelySinceMs)) return null;
  return { window, likelySinceMs };
}

function decodeWindow(value: unknown): QuietWindow | null {
  if (!isJsonObject(value)) return null;
  const { sinceMs, basis } = value;
  const last = decodeSample(value["last"]);
  if (last === null || !isTimeOrNull(sinceMs)) return null;
  if (basis !== "samples" && basis !== "backend_ages") return null;
  return { sinceMs, basis, last };
}

function decodeSample(value: unknown): QuietSample | null {
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
