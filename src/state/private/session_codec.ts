/** A server session as JSON in this user's private files. It holds a secret. */
import { ServerSession, type SessionCacheKey } from "../../generation/session.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import { parseTime } from "../records/record_codec.ts";

/** Writes a session; the result holds a secret. */
export function encodeSession(session: ServerSession): JsonObject {
  return {
    session_id: session.reveal(),
    server_url: session.serverUrl,
    created_at: new Date(session.createdAt).toISOString(),
    user_id: session.userId,
    version: session.version,
    server_id: session.serverId,
  };
}

/** Reads a session; `null` if it is none. */
export function decodeSession(value: unknown): ServerSession | null {
  if (!isJsonObject(value)) return null;
  const id = textOrNull(value["session_id"]);
  const serverUrl = textOrNull(value["server_url"]);
  const createdAt = parseTime(value["created_at"]);
  if (id === null || id === "" || serverUrl === null || createdAt === null) return null;
  return new ServerSession(id, {
    serverUrl,
    createdAt,
    userId: textOrNull(value["user_id"]),
    version: textOrNull(value["version"]),
    serverId: textOrNull(value["server_id"]),
  });
}

/** Parses JSON; what is none is `undefined`, without a message that could quote a secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/**
 * The name of the file that keeps something of a server and a login. It need not be unique: the file
 * says itself whose it is.
 */
export function fileNameOf({ serverUrl, credentialsHash }: SessionCacheKey): string {
  const server = serverUrl.replace(/[^A-Za-z0-9.-]+/g, "_").slice(0, 100);
  const login = credentialsHash.replace(/[^A-Za-z0-9]+/g, "").slice(0, 16);
  return `${server}-${login}.json`;
}
