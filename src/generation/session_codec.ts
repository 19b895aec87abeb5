/** Reads and writes a server session as JSON. Only for private places: it is a secret. */
import { isJsonObject, type JsonObject, parseTime } from "../json_object.ts";
import { ServerSession } from "./session.ts";

/** Writes a session; the result holds a secret. */
export function encodeSession(session: ServerSession): JsonObject {
  return {
    session_id: session.reveal(),
    server_url: session.serverUrl,
    created_at: new Date(session.createdAt).toISOString(),
    user_id: session.userId,
    output_append_user: session.hasUserFolder,
    version: session.version,
    server_id: session.serverId,
  };
}

/** Reads a session; `null` if it is not one. */
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
    hasUserFolder: flagOrNull(value["output_append_user"]),
    version: textOrNull(value["version"]),
    serverId: textOrNull(value["server_id"]),
  });
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function flagOrNull(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}
