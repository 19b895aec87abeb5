/** One call of an API route. */
import { isSameServerUrl } from "../../generation/server_url.ts";
import type { ServerSession } from "../../generation/session.ts";
import type { JsonObject } from "../../json_object.ts";
import { readApiReply, type Reply } from "../wire/api_reply.ts";
import { failure, type Outcome, withoutSecret } from "../wire/failure.ts";
import type { RouteName } from "../wire/routes.ts";
import type { Transport } from "./transport.ts";

/** What one call sends and how long it may take. */
export interface CallOptions {
  /** Whose session; one of another server is never sent. */
  readonly session?: ServerSession;
  readonly body?: JsonObject;
  /** Milliseconds, connecting and the whole answer included; `null`: for ever. */
  readonly timeoutMs: number | null;
  readonly signal?: AbortSignal;
}

/**
 * Calls a route, and says how it went; a generation is never asked for twice. A failure's message
 * never holds the session id, even if the server repeats it. This is the one place from which a
 * session leaves over HTTP.
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
  const outcome = await explained(readApiReply(reply, route), { reply, route, transport });
  return outcome.ok || sessionId === undefined ? outcome : withoutSecret(outcome, sessionId);
}

/** What is not SwarmUI is looked at more closely; that is not on the path of a `status` that is answered. */
async function explained(
  outcome: Outcome<JsonObject>,
  { reply, route, transport }: {
    readonly reply: Reply;
    readonly route: RouteName;
    readonly transport: Transport;
  },
): Promise<Outcome<JsonObject>> {
  if (outcome.ok || outcome.reason !== "not_swarmui") return outcome;
  const { explainWrongAddress } = await import("./wrong_address.ts");
  return explainWrongAddress(outcome, { reply, serverUrl: transport.url, route });
}
