/**
 * The session for questions that processes share, in `sessions/` of the user's state directory: a
 * file for each server and login, mode 0600, replaced in one step. If two processes save at once,
 * one of the two sessions remains, and either is good.
 */
import type { SessionCache, SessionCacheKey, SessionEntry } from "../../generation/session.ts";
import { decodeSession, encodeSession } from "../../generation/session.ts";
import { isJsonObject, parseJson } from "../../json_object.ts";
import { joinPath } from "../../system/path_parts.ts";
import { missingFlags, READ_WRITE } from "../../system/permissions.ts";
import type { UserStateOptions } from "./private_directory.ts";
import { PRIVATE_FILE_MODE, readKeptText } from "./private_text.ts";

const DIRECTORY = "sessions";
/** The age at which a file is removed: SwarmUI has long forgotten the session. */
const KEPT_MS = 60 * 24 * 60 * 60 * 1000;

/**
 * The kept sessions of this user.
 *
 * `load()` needs `--allow-read` for the directory, `save()` also `--allow-write`; without them the
 * cache is empty and keeps nothing. Creating it reads and writes nothing.
 */
export function createSessionCache(user: UserStateOptions): SessionCache {
  return {
    load: (key) => {
      const text = readKeptText(DIRECTORY, fileNameOf(key), { user });
      return Promise.resolve(text === null ? null : decodeEntry(text, key));
    },
    save: async (key, { session, offSince }) => {
      if (missingFlags(user.directory, { access: READ_WRITE }) !== null) return false;
      const entry = {
        credentials_hash: key.credentialsHash,
        session: encodeSession(session),
        off_since: Object.fromEntries(offSince),
      };
      try {
        // Loaded here, because most looks find their session kept and save nothing.
        const [{ replaceFile }, { makePrivateDirectory }, { sweepOld }] = await Promise.all([
          import("../../system/replace_file.ts"),
          import("./make_private_directory.ts"),
          import("./sweep.ts"),
        ]);
        const { path } = makePrivateDirectory(DIRECTORY, user);
        const nowMs = user.clock.now();
        const isOwn = (name: string): boolean => name.endsWith(".json");
        await sweepOld(path, { nowMs, keptMs: KEPT_MS, isOwn });
        const text = JSON.stringify(entry, null, 2) + "\n";
        await replaceFile(joinPath(path, fileNameOf(key)), text, { mode: PRIVATE_FILE_MODE });
        return true;
      } catch {
        // The next process makes its own.
        return false;
      }
    },
  };
}

function decodeEntry(text: string, key: SessionCacheKey): SessionEntry | null {
  const entry = parseJson(text);
  if (!isJsonObject(entry) || entry["credentials_hash"] !== key.credentialsHash) return null;
  const session = decodeSession(entry["session"]);
  if (session?.serverUrl !== key.serverUrl) return null;
  return { session, offSince: decodeOffSince(entry["off_since"]) };
}

/**
 * A time that cannot be understood is left out: its backend then counts as seen off for the first
 * time.
 */
function decodeOffSince(value: unknown): ReadonlyMap<number, number> {
  const offSince = new Map<number, number>();
  for (const [id, sinceMs] of Object.entries(isJsonObject(value) ? value : {})) {
    if (/^\d{1,9}$/.test(id) && typeof sinceMs === "number" && Number.isFinite(sinceMs)) {
      offSince.set(Number(id), sinceMs);
    }
  }
  return offSince;
}

/**
 * The name of the file for a server and a login. It need not be unique: the file itself says what
 * it belongs to.
 */
export function fileNameOf({ serverUrl, credentialsHash }: SessionCacheKey): string {
  const server = serverUrl.replace(/[^A-Za-z0-9.-]+/g, "_").slice(0, 100);
  const login = credentialsHash.replace(/[^A-Za-z0-9]+/g, "").slice(0, 16);
  return `${server}-${login}.json`;
}
