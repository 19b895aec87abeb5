/** One call of an API route. */
import { isSameServerUrl } from "../../generation/server_url.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { JsonObject } from "../../json_object.ts";
import { readApiReply, type Reply } from "../wire/api_reply.ts";
import {
  type CallFailure,
  failure,
  hideSession,
  type Outcome,
  withoutSecrets,
} from "../wire/failure.ts";
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
}

/**
 * Calls a route and returns its outcome. A request for a generation is never sent twice. A
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
  const { session } = options;
  if (session !== undefined && !isSameServerUrl(session.serverUrl, transport.url)) {
    return failure("not_asked", "the session is of another server");
  }
  const sessionId = session?.reveal();
  const body = JSON.stringify(
    sessionId === undefined ? options.body ?? {} : { session_id: sessionId, ...options.body },
  );
  const { timeoutMs, signal } = options;
  const isOnce = route === "GenerateText2Image";
  const reply = await transport.send(
    { path: `API/${route}`, body },
    signal === undefined ? { timeoutMs, isOnce } : { timeoutMs, isOnce, signal },
  );
  if ("ok" in reply) return reply;
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
  if (outcome.reason !== "not_swarmui") return outcome;
  const { explainWrongAddress } = await import("./wrong_address.ts");
  return explainWrongAddress(outcome, { reply, serverUrl: transport.url, route });
}
