/** How the API refuses a call before its route is asked (`swarmui-protocol.md §2.2, §2.3`). */
import type { JsonObject } from "../../json_object.ts";
import { type HttpReply, jsonReply, redirectReply } from "../wire/http_reply.ts";

/** Why a call is refused. */
export type Refusal =
  | "wrong_content_type"
  | "bad_content_length"
  | "internal_error"
  | "missing_session"
  | "invalid_session"
  | "unknown_route"
  | "needs_socket"
  | "needs_http"
  | "no_permission";

interface RefusalForm {
  readonly status: number;
  readonly body: JsonObject;
  /** The page that servers before 2025-12-25 redirect to; `null`: they answered as today. */
  readonly oldPage: string | null;
}

const FORMS: Readonly<Record<Refusal, RefusalForm>> = {
  wrong_content_type: form("basic_api", "Wrong content type", "BasicAPI"),
  bad_content_length: form("basic_api", "bad content length", "Internal"),
  internal_error: form("internal_error", "An internal error occurred", "Internal"),
  missing_session: form("basic_api", "missing session id", "BasicAPI"),
  invalid_session: {
    status: 401,
    body: {
      error: "Invalid session ID. You may need to refresh the page.",
      error_id: "invalid_session_id",
    },
    oldPage: null,
  },
  unknown_route: form("bad_route", "Unknown API route", "404"),
  needs_socket: form(
    "bad_request_method",
    "API route needs websocket, request is HTTP",
    "BasicAPI",
  ),
  needs_http: form("bad_request_method", "API route needs HTTP, request is websocket", "BasicAPI"),
  no_permission: form("bad_permissions", "You lack permissions for this route.", "Permissions"),
};

/** A route's own answer that it could not do something: HTTP 200 (§2.2, rows 10–12). */
export class RouteError extends Error {
  override readonly name = "RouteError";
  readonly body: JsonObject;

  /** @param errorId SwarmUI's `error_id`, if it gives one. */
  constructor(message: string, errorId?: string) {
    super(message);
    this.body = { error: message, ...(errorId === undefined ? {} : { error_id: errorId }) };
  }
}

/** An error without words of SwarmUI's own: 400 `internal_error` (§2.2). */
export class InternalError extends Error {
  override readonly name = "InternalError";
}

/** A refusal over HTTP; old servers redirect to a page. */
export function refusalReply(refusal: Refusal, redirects: boolean): HttpReply {
  const { status, body, oldPage } = FORMS[refusal];
  return redirects && oldPage !== null
    ? redirectReply(`/Error/${oldPage}`)
    : jsonReply(body, status);
}

/** A refusal over a WebSocket. */
export function refusalFrame(refusal: Refusal): JsonObject {
  const { body } = FORMS[refusal];
  return refusal === "unknown_route"
    ? { error: "Unknown API route.", error_id: "bad_route" }
    : body;
}

function form(error_id: string, error: string, oldPage: string): RefusalForm {
  return { status: 400, body: { error_id, error }, oldPage };
}
