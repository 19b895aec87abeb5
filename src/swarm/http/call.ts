/** One call of an API route. */
import { isSameServerUrl } from "../../generation/server/server_url.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { JsonObject } from "../../json_object.ts";
import {
  type CallFailure,
  failure,
  hideSession,
  type Outcome,
  withoutSecrets,
} from "../wire/failure.ts";
import { readPlainReply, type Reply } from "../wire/plain_reply.ts";
import type { RouteName } from "../wire/routes.ts";
import type { Transport } from "./transport.ts";

/** What one call sends and how long it may take. */
export interface CallOptions {
  /** The session to use. It is never sent to another server than its own. */
  readonly session?: ServerSession;
  readonly body?: JsonObject;
  /** In milliseconds, including connecting and the whole answer; `null`: no limit. */
  readonly timeoutMs: number | null;
  readonly signal?: AbortSignal;
  /** The most bytes of the answer that are read. @default {`SwarmOptions.maxAnswerBytes`} */
  readonly maxBytes?: number;
  /** Is told the headers of the answer. */
  readonly onHeaders?: (headers: Headers) => void;
}

/**
 * Calls a route and returns its outcome. A request for a generation or a login is never sent
 * twice. A
 * failure's message never contains the session id or the credentials, even if the server repeats
 * them. This is the only place from which a session is sent over HTTP.
 *
 * @throws The reason of `options.signal`, and nothing else.
 */
export async function call(
  transport: Transport,
  route: RouteName,
  options: CallOptions,
): Promise<Outcome<JsonObject>> {
  const { session, body: given = {}, ...how } = options;
  if (session !== undefined && !isSameServerUrl(session.serverUrl, transport.url)) {
    return failure("not_asked", "the session is of another server");
  }
  const sessionId = session?.reveal();
  const body = JSON.stringify(
    sessionId === undefined ? given : { session_id: sessionId, ...given },
  );
  // Each login counts (`swarmui-protocol.md §20.8`).
  const isOnce = route === "GenerateText2Image" || route === "Login";
  const reply = await transport.send({ path: `API/${route}`, body }, { ...how, isOnce });
  if ("ok" in reply) return reply;
  const value = readPlainReply(reply);
  // Any JSON could stand for a first answer.
  if (value !== null && route !== "GetNewSession") return { ok: true, value };
  // Loaded only where it is needed, as a session is kept for a day: it must not slow down a `status`.
  const { readApiReply } = await import("../wire/api_reply.ts");
  const outcome = readApiReply(reply, route);
  if (outcome.ok) return outcome;
  const told = withoutSecrets(outcome, (words) => {
    const shown = transport.hide(words);
    return sessionId === undefined ? shown : hideSession(sessionId)(shown);
  });
  return await explained(told, { reply, route, transport });
}

/**
 * Explains an answer that is not SwarmUI's. Loaded only then, so that it costs a normal `status`
 * nothing.
 */
async function explained(
  outcome: CallFailure,
  { reply, route, transport }: {
    readonly reply: Reply;
    readonly route: RouteName;
    readonly transport: Transport;
  },
): Promise<CallFailure> {
  // What SwarmUI says is the same without a token, and with one that was revoked.
  const isLogin = outcome.reason === "refused" && route === "GetNewSession" &&
    outcome.words !== undefined;
  if (isLogin) {
    const login = await transport.loginCommand();
    return { ...outcome, message: loginRequired(outcome.words, login, transport) };
  }
  if (outcome.reason !== "not_swarmui") return outcome;
  const { explainWrongAddress } = await import("./wrong_address.ts");
  return explainWrongAddress(outcome, { reply, serverUrl: transport.url, route });
}

function loginRequired(words: string, login: string, { hasToken }: Transport): string {
  return hasToken
    ? `the server does not accept the account token (log in again with ${login}, or give a valid ` +
      "--token)"
    : `the server requires a login (it says "${words}"; log in with ${login}, or give an account's ` +
      "--token)";
}
