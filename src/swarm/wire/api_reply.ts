/**
 * Interprets any answer of an `/API/` route: a JSON object, or one of the many ways in which
 * SwarmUI, an older SwarmUI, or another program refuses (`swarmui-protocol.md §2`). Pure.
 *
 * Loaded only for what `readPlainReply()` does not read.
 */
import type { JsonObject } from "../../json_object.ts";
import { type CallFailure, failure, type Outcome } from "./failure.ts";
import { isJsonType, parseObject, type Reply } from "./plain_reply.ts";
import { type RouteName, routes } from "./routes.ts";

const TOO_BUSY = "the server is too busy to answer";

const NO_API = "there is no SwarmUI API at this path";

/**
 * Reads the answer of a route. The status comes first: if SwarmUI does not use it, the answer is a
 * gateway's, even if it is JSON with an `error`.
 */
export function readApiReply(reply: Reply, route: RouteName): Outcome<JsonObject> {
  const passing = readPassingStatus(reply);
  if (passing !== null) return passing;
  if (reply.status >= 300 && reply.status < 400) return readRedirect(reply, route);
  if (reply.status === 401 && reply.mediaType === null) return headerLock();
  if (isBrokenOff(reply)) return brokenOff();
  // SwarmUI gives JSON with 200, 400 and 401 only (§2.2).
  const mayBeSwarm = reply.status === 200 || reply.status === 400 || reply.status === 401;
  if (!mayBeSwarm || !isJsonType(reply.mediaType)) return readForeignPage(reply);
  const body = parseObject(reply.text);
  if (body === null) return failure("protocol", "the answer is not a JSON object");
  const refusal = readError(body, route);
  // SwarmUI's errors with another status than 200 have an id (§2.2); otherwise they are a
  // gateway's.
  if (reply.status !== 200 && (refusal?.errorId ?? null) === null) return readForeignPage(reply);
  if (refusal !== null) return refusal;
  // Some other program answers with JSON.
  return route === "GetNewSession" && typeof body["session_id"] !== "string"
    ? failure("not_swarmui", "it answers with JSON, but not with a session as SwarmUI does")
    : { ok: true, value: body };
}

/**
 * Says whether an answer comes from a server that is shutting down: an empty body with status 200,
 * or with a bare 500 if it may not compress (`swarmui-protocol.md §20.5`).
 */
export function isBrokenOff({ status, mediaType, text }: Reply): boolean {
  return text.trim() === "" && (status === 200 || (status === 500 && mediaType === null));
}

/** The failure of such an answer. */
export function brokenOff(): CallFailure {
  return failure(
    "unreachable",
    "the server stopped before it answered (try again once it is back)",
  );
}

/**
 * The error in an object that the server sent, over HTTP or as a WebSocket message; `null` if there
 * is none. It contains the server's words unchanged, for `withoutSecrets()`. `error` is normally a
 * text; Login and Register give only an `error_id`.
 */
export function readError(body: JsonObject, route: RouteName): CallFailure | null {
  const errorId = typeof body["error_id"] === "string" ? body["error_id"] : null;
  const error = body["error"] ?? null;
  if (error === null && errorId === null) return null;
  const words = wordsOf(error ?? errorId);
  // Advice may follow it, so it must not end with a full stop.
  const part = words.replace(/\.$/, "");
  switch (errorId) {
    case "bad_permissions":
      return notPermitted(words, route);
    case "bad_route":
      return unknownRoute(route, errorId);
    case "basic_api":
      // Only another route would require a session for this name: `…/API` was asked.
      return route === "GetNewSession"
        ? failure("not_swarmui", NO_API, { errorId })
        : failure("server_error", words, { errorId, words });
    case null:
      if (route !== "GetNewSession") return failure("server_error", words, { words });
      // Only the login can be wrong here (§1.1), and SwarmUI then says these words.
      return /unauthori[sz]ed|log ?in/i.test(words)
        ? failure("refused", "the server requires a login", { words: part })
        : failure("not_swarmui", `it answers with an error that is not SwarmUI's: ${words}`, {
          words,
        });
    default:
      return failure("server_error", words, { errorId, words });
  }
}

/**
 * An answer that may soon be a different one: of a gateway whose server is away or busy, or of a
 * gateway or server that has too much to do. SwarmUI itself uses none of these statuses (§2.2).
 *
 * @returns `null` for all other answers, and for a bare 500, which may be SwarmUI's own.
 */
export function readPassingStatus(
  { status, mediaType, retryAfterMs = null }: Pick<Reply, "status" | "mediaType" | "retryAfterMs">,
): CallFailure | null {
  const putOff = { status, retryAfterMs };
  const again = retryAfterMs === null ? null : `try again in ${Math.ceil(retryAfterMs / 1000)} s`;
  if (status === 408 || status === 425 || status === 429) {
    const advice = again ?? "try again later";
    return failure("unreachable", `${TOO_BUSY} (HTTP status ${status}; ${advice})`, { putOff });
  }
  if (status < 500 || (status === 500 && mediaType === null)) return null;
  const found = `a proxy answered HTTP status ${status} for the server`;
  return failure("unreachable", again === null ? found : `${found} (${again})`, { putOff });
}

/** The answer of `Network.RequiredAuthorization` (`swarmui-protocol.md §1.4`). */
export function headerLock(): CallFailure {
  return failure("refused", "the server requires an Authorization header (give it with --api-key)");
}

/** A redirect: to an error page on servers before 2025-12-25 (§2.3), else away from SwarmUI. */
function readRedirect(reply: Reply, route: RouteName): CallFailure {
  switch (errorPageOf(reply)) {
    case "404":
      return unknownRoute(route);
    case "permissions":
      return notPermitted("the server refused this user", route);
    case "internal":
      return failure("server_error", "the server had an internal error");
    case "basicapi":
    case "nogetapi":
      // This is how an older server says that a session is missing, see `readError()`.
      return route === "GetNewSession"
        ? failure("not_swarmui", NO_API)
        : failure("protocol", "the server did not take the request for an API call");
    default: {
      const to = reply.location === null ? "nowhere" : reply.location.origin;
      return failure("not_swarmui", `it redirects to ${to}`);
    }
  }
}

/**
 * The error page of this server to which it redirects, in lower case (`swarmui-protocol.md §2.3`);
 * `null` if it redirects elsewhere. A page of that name at another address is not SwarmUI's.
 */
export function errorPageOf({ url, location }: Reply): string | null {
  if (location === null || location.origin !== new URL(url).origin) return null;
  return /\/Error\/(\w+)$/i.exec(location.pathname)?.[1]?.toLowerCase() ?? null;
}

/** An unknown route: if every SwarmUI has it, then this is not SwarmUI. */
function unknownRoute(route: RouteName, errorId: string | null = null): CallFailure {
  return routes[route].mayBeMissing
    ? failure("not_supported", `the server does not know ${route}`, { errorId })
    : failure("not_swarmui", NO_API, { errorId });
}

/** What to do if a gateway before the server requires a login. */
export const GATEWAY_ADVICE = "give what it requires with --api-key or --token, or SwarmUI's own " +
  "address with --api-url";

/** An answer that no route of SwarmUI gives. */
export function readForeignPage(reply: Reply): CallFailure {
  switch (reply.status) {
    case 407:
      return failure(
        "refused",
        "the proxy requires a login (HTTP status 407; write it into the proxy's variable, as " +
          "HTTP_PROXY=http://NAME:PASSWORD@HOST)",
      );
    case 401:
    case 403:
      return failure(
        "refused",
        `a gateway before the server requires a login (HTTP status ${reply.status}; ${GATEWAY_ADVICE})`,
      );
    default:
      return failure(
        "not_swarmui",
        `the answer is not SwarmUI's, but HTTP status ${reply.status} with ${
          reply.mediaType ?? "no content type"
        }`,
      );
  }
}

function notPermitted(words: string, route: RouteName): CallFailure {
  const { permission } = routes[route];
  const errorId = "bad_permissions";
  return permission === null
    ? failure("not_permitted", words, { errorId, words })
    : failure("not_permitted", words, { errorId, words, needs: `permission ${permission}` });
}

function wordsOf(error: unknown): string {
  return typeof error === "string" ? error : JSON.stringify(error);
}
