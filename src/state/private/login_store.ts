/**
 * The logins of this user, in `logins/` of the user's state directory: one file for each server,
 * mode 0600, replaced in one step. For a user without logins, `status` does not load this file.
 */
import { AppError, StateFileError, systemReason } from "../../errors.ts";
import { type HashOf, type LoginStore, StoredLogin } from "../../generation/server/account.ts";
import { canonicalServerUrl, isSameServerUrl } from "../../generation/server/server_url.ts";
import { isJsonObject, parseJson, parseTime } from "../../json_object.ts";
import { FileLock } from "../../system/file_lock.ts";
import { joinPath } from "../../system/path_parts.ts";
import { READ_WRITE, requireAccess } from "../../system/permissions.ts";
import { removeIfThere, replaceFile } from "../../system/replace_file.ts";
import { makePrivateDirectory } from "./make_private_directory.ts";
import { trustedDirectory, type UserStatePlace } from "./private_directory.ts";
import { PRIVATE_FILE_MODE, readKeptText, readPrivateText } from "./private_text.ts";

/** The directory's name. */
const LOGINS = "logins";
/** Other directories in which something is kept about a server for a login. */
const KEPT_FOR_LOGINS = ["sessions", "choices"];
const MOST_LISTED = 100;
const LONGEST_NAME = 200;
const LONGEST_TOKEN = 1_000;

/**
 * The store of logins in a user's state directory. Needs `--allow-read` and `--allow-write` for it.
 */
export function createLoginStore(place: UserStatePlace): LoginStore {
  return new FileLoginStore(place);
}

class FileLoginStore implements LoginStore {
  readonly #place: UserStatePlace;

  constructor(place: UserStatePlace) {
    this.#place = place;
  }

  prepare(): Promise<void> {
    return this.#do("Cannot keep a login", () => void this.#make());
  }

  find(serverUrl: string): Promise<StoredLogin | null> {
    return this.#do("Cannot read the login", () => {
      const directory = trustedDirectory(LOGINS, this.#place);
      const text = directory && readPrivateText(directory, fileNameOf(serverUrl));
      return text === null ? null : decodeLogin(parseJson(text), serverUrl);
    }, ["read"]);
  }

  list(): Promise<readonly StoredLogin[]> {
    return this.#do("Cannot read the logins", async () => {
      const directory = trustedDirectory(LOGINS, this.#place);
      const logins: StoredLogin[] = [];
      if (directory === null) return logins;
      for await (const { name } of Deno.readDir(directory.path)) {
        if (!name.endsWith(".json") || logins.length >= MOST_LISTED) continue;
        const text = readKeptText(LOGINS, name, { user: this.#place });
        const login = text === null ? null : decodeLogin(parseJson(text), null);
        if (login !== null) logins.push(login);
      }
      return logins.sort((a, b) => a.serverUrl < b.serverUrl ? -1 : 1);
    }, ["read"]);
  }

  replace(login: StoredLogin, hashOf: HashOf): Promise<StoredLogin | null> {
    return this.#do("Cannot keep the login", async () => {
      const path = joinPath(this.#make(), fileNameOf(login.serverUrl));
      return await this.#exclusive(path, async () => {
        const before = await this.find(login.serverUrl);
        // The server keeps sessions after their token has ended.
        if (before !== null) await this.#forgetSessions(before, await hashOf(before.reveal()));
        await replaceFile(path, textOf(login), { mode: PRIVATE_FILE_MODE });
        return before;
      });
    });
  }

  forget(login: StoredLogin, hashOf: HashOf): Promise<void> {
    return this.#do("Cannot remove the login", async () => {
      const directory = trustedDirectory(LOGINS, this.#place);
      if (directory === null) return;
      const path = joinPath(directory.path, fileNameOf(login.serverUrl));
      await this.#exclusive(path, async () => {
        const now = await this.find(login.serverUrl);
        if (now?.reveal() !== login.reveal()) return;
        await this.#forgetSessions(login, await hashOf(login.reveal()));
        // Last, so that everything can be tried again if an earlier step fails.
        removeIfThere(path);
      });
    });
  }

  /** Runs work on the file of one server, while no other process does. */
  #exclusive<T>(path: string, work: () => Promise<T>): Promise<T> {
    const lock = `${path}.lock`;
    return new FileLock({ fileMode: PRIVATE_FILE_MODE }).exclusive(lock, async () => {
      try {
        return await work();
      } finally {
        // Whoever waits for it sees that it is gone, and makes a new one.
        removeIfThere(lock);
      }
    });
  }

  async #forgetSessions(login: StoredLogin, credentialsHash: string): Promise<void> {
    for (const name of KEPT_FOR_LOGINS) {
      const directory = trustedDirectory(name, this.#place);
      if (directory === null) continue;
      for await (const { name: file } of Deno.readDir(directory.path)) {
        if (!file.endsWith(".json")) continue;
        const text = readKeptText(name, file, { user: this.#place, maxBytes: 8_000_000 });
        const kept = text === null ? null : parseJson(text);
        if (isOf(kept, login, credentialsHash)) removeIfThere(joinPath(directory.path, file));
      }
    }
  }

  #make(): string {
    return makePrivateDirectory(LOGINS, this.#place).path;
  }

  async #do<T>(
    action: string,
    work: () => T | Promise<T>,
    access: typeof READ_WRITE | readonly ["read"] = READ_WRITE,
  ): Promise<T> {
    const { directory } = this.#place;
    requireAccess(directory, { access, action });
    try {
      return await work();
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw new StateFileError(
        `${action} in "${joinPath(directory, LOGINS)}": ${systemReason(error)}`,
        { cause: error },
      );
    }
  }
}

/** What is written of a login. */
function textOf(login: StoredLogin): string {
  const text = JSON.stringify(
    {
      server_url: login.serverUrl,
      user: login.user,
      created_at: new Date(login.createdAt).toISOString(),
      token: login.reveal(),
    },
    null,
    2,
  );
  return `${text}\n`;
}

/** Says whether a file contains something that was kept for a login. */
function isOf(kept: unknown, login: StoredLogin, credentialsHash: string): boolean {
  if (!isJsonObject(kept)) return false;
  const { session } = kept;
  const about = isJsonObject(session) ? session : kept;
  const serverUrl = about["server_url"];
  if (typeof serverUrl !== "string" || !isSameServerUrl(serverUrl, login.serverUrl)) return false;
  // With another key or header beside the token it is still the same login.
  return kept["credentials_hash"] === credentialsHash || about["user_id"] === login.user;
}

/** @param serverUrl Whose it must be; `null`: anybody's. */
function decodeLogin(value: unknown, serverUrl: string | null): StoredLogin | null {
  if (!isJsonObject(value)) return null;
  const { server_url: url, user, token } = value;
  const createdAt = parseTime(value["created_at"]);
  if (typeof url !== "string") return null;
  if (serverUrl !== null && !isSameServerUrl(url, serverUrl)) return null;
  if (typeof user !== "string" || typeof token !== "string" || createdAt === null) return null;
  if (token === "" || token.length > LONGEST_TOKEN) return null;
  return new StoredLogin(token, { serverUrl: url, user, createdAt });
}

/** The file name need not be unique: the file itself names its server. */
function fileNameOf(serverUrl: string): string {
  return `${encodeURIComponent(canonicalServerUrl(serverUrl)).slice(0, LONGEST_NAME)}.json`;
}
