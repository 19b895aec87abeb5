/**
 * A record in the user scope: the public record's JSON and, beside it, the server session.
 *
 * The session names the server that it is for. It is believed only if the record names the same one,
 * so that no edited file can send it elsewhere.
 */
import type { GenerationRecord } from "../../generation/generation.ts";
import { ServerSession } from "../../generation/session.ts";
import type { Publication } from "../../generation/store.ts";
import { isJsonObject } from "../../json_object.ts";
import { decodeRecord, encodeRecord, parseTime } from "../records/record_codec.ts";

/** What could be read of a private record. */
export interface DecodedPublication {
  readonly publication: Publication | null;
  /** For people, one line each; they never show a session. */
  readonly problems: readonly string[];
}

/** Writes a private record's text. */
export function formatPublication(publication: Publication): string {
  const { record, session } = publication;
  const value = {
    ...encodeRecord(record),
    session: session === null ? null : encodeSession(session),
  };
  return JSON.stringify(value, null, 2) + "\n";
}

/** Understands a private record's text; never throws. */
export function parsePublication(id: string, text: string): DecodedPublication {
  const value = parseJson(text);
  if (!isJsonObject(value)) {
    return { publication: null, problems: [`Record "${id}" of this user cannot be understood`] };
  }
  const { record, problems } = decodeRecord(id, value);
  if (record === null) return { publication: null, problems };
  const session = decodeSession(value["session"]);
  const isUsable = session === null || session.serverUrl === record.serverUrl;
  if (isUsable) return { publication: { record, session }, problems };
  return {
    publication: { record, session: null },
    problems: [...problems, mismatch(record)],
  };
}

/** Writes a session; the result holds a secret. */
export function encodeSession(session: ServerSession): Readonly<Record<string, unknown>> {
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

function mismatch(record: GenerationRecord): string {
  return `Record "${record.id}" of this user has a session of another server; it is not used`;
}
