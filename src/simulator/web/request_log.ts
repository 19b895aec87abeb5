/** What the server was asked, for tests; session ids are replaced. */
import type { HttpRequest } from "../wire/http_request.ts";
import { type JsonObject, parseJsonObject } from "../json.ts";
import type { Sessions } from "../users/session.ts";

const KEPT_HEADERS = [
  "accept-encoding",
  "authorization",
  "content-type",
  "cookie",
  "origin",
  "range",
  "user-agent",
  "x-swarm-backend-id",
  "x-swarm-user_id",
];

/** One request, handshake or message of a client. */
export interface RequestRecord {
  /** `POST`, `GET` …; `UPGRADE` for a WebSocket handshake, `FRAME` for a message on one. */
  readonly method: string;
  /** As it was sent. */
  readonly path: string;
  /** An API route as SwarmUI spells it, `View`, `ComfyBackendDirect`, or the path. */
  readonly route: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `session-1`, `session-2` … in the order of their making; `unknown` for any other id. */
  readonly session: string | null;
  /** The JSON body with its session replaced; `null` if there is none. */
  readonly body: JsonObject | null;
  /** Monotonic milliseconds of the simulator's clock. */
  readonly atMs: number;
}

/** Makes the record of a request. @param text Its body or message. */
export function recordOf(
  request: HttpRequest,
  options: {
    readonly method: string;
    readonly route: string;
    readonly text: string;
    readonly sessions: Sessions;
    readonly atMs: number;
  },
): RequestRecord {
  const body = parseJsonObject(options.text);
  const id = body !== null && "session_id" in body
    ? body.session_id
    : request.headers.get("x-session-id");
  const found = options.sessions.find(id);
  const session = found === null ? id === null ? null : "unknown" : `session-${found.ordinal}`;
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = request.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  return {
    method: options.method,
    path: request.path,
    route: options.route,
    headers: Object.fromEntries(headers),
    session,
    body: body !== null && "session_id" in body ? { ...body, session_id: session } : body,
    atMs: options.atMs,
  };
}
