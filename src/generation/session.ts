import {
  flagOrNull,
  isJsonObject,
  type JsonObject,
  parseTime,
  textOrNull,
} from "../json_object.ts";

/**
 * A SwarmUI session. Whoever knows its id has all rights of its user (`swarmui-protocol.md §1.3`).
 *
 * The id is kept so that printing, inspecting or serialising the object cannot show it. It is sent
 * only to `serverUrl`, which is stored beside it, so a shared record can never send it elsewhere.
 */
export class ServerSession {
  readonly #id: string;
  /** Normalised base URL of the only server that may ever get this session. */
  readonly serverUrl: string;
  /** When it was made, epoch milliseconds. */
  readonly createdAt: number;
  readonly userId: string | null;
  /** Whether the server puts each user's pictures into a folder of their own; `null`: not told. */
  readonly hasUserFolder: boolean | null;
  /** SwarmUI's version when the session was made. */
  readonly version: string | null;
  /** SwarmUI's `server_id` when the session was made. */
  readonly serverId: string | null;

  constructor(id: string, about: {
    readonly serverUrl: string;
    readonly createdAt: number;
    readonly userId?: string | null;
    readonly hasUserFolder?: boolean | null;
    readonly version?: string | null;
    readonly serverId?: string | null;
  }) {
    this.#id = id;
    this.serverUrl = about.serverUrl;
    this.createdAt = about.createdAt;
    this.userId = about.userId ?? null;
    this.hasUserFolder = about.hasUserFolder ?? null;
    this.version = about.version ?? null;
    this.serverId = about.serverId ?? null;
  }

  /**
   * What stands before the path of a picture of its user (`swarmui-protocol.md §3.4`); one's own pictures
   * can be had below `Output` in any case.
   */
  get picturesRoot(): string {
    const isOwn = this.userId !== null && this.hasUserFolder !== false;
    return isOwn ? `View/${this.userId}` : "Output";
  }

  /** The same session under another name of its server, which the caller knows to be the same one. */
  under(serverUrl: string): ServerSession {
    return new ServerSession(this.#id, { ...this, serverUrl });
  }

  /** The id itself: only for the request body to `serverUrl` and for private files (mode 0600). */
  reveal(): string {
    return this.#id;
  }
}

/** Writes a session as JSON. Only for private places: the result holds a secret. */
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

/** Reads what `encodeSession()` has written; `null` if it is no session. */
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

/** What is kept between processes for one server and login. */
export interface SessionEntry {
  /** The session for questions. */
  readonly session: ServerSession;
  /** When looks first saw backends switched off, in epoch milliseconds by backend id. */
  readonly offSince: ReadonlyMap<number, number>;
}

/** Where the session for questions is kept between processes, one for each server and login. */
export interface SessionCache {
  /** What is kept, or `null` if there is nothing or it cannot be read. Never throws. */
  load(key: SessionCacheKey): Promise<SessionEntry | null>;
  /**
   * Keeps it.
   *
   * @returns Whether it could be kept; if not, that is no error (the next process makes its own
   * session).
   */
  save(key: SessionCacheKey, kept: SessionEntry): Promise<boolean>;
}

/** A server and the login used there. Other credentials must not get another user's session. */
export interface SessionCacheKey {
  readonly serverUrl: string;
  /** Hex digest of the credentials in use; never the credentials. */
  readonly credentialsHash: string;
}
