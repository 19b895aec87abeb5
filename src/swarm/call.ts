/** One call of an API route. */
import type { ServerSession } from "../generation/session.ts";
import { type JsonObject, readApiReply } from "./api_reply.ts";
import { failure, type Outcome } from "./failure.ts";
import type { RouteName } from "./routes.ts";
import type { Transport } from "./transport.ts";

/** What one call sends and how long it may take. */
export interface CallOptions {
  /** Whose session; it must be one of the transport's own server. */
  readonly session?: ServerSession;
  readonly body?: JsonObject;
  /** Milliseconds, connecting and the whole answer included; `null`: for ever. */
  readonly timeoutMs: number | null;
  readonly signal?: AbortSignal;
}

/**
 * Calls a route once, and says how it went. A failure's message never holds the session id, even if
 * the server repeats it.
 *
 * @throws The reason of `options.signal`, and nothing else.
 */
export async function call(
  transport: Transport,
  route: RouteName,
  options: CallOptions,
): Promise<Outcome<JsonObject>> {
  const sessionId = options.session?.reveal();
  const body = JSON.stringify(
    sessionId === undefined ? options.body ?? {} : { session_id: sessionId, ...options.body },
  );
  const { timeoutMs, signal } = options;
  const reply = await transport.send(
    { path: `API/${route}`, body },
    signal === undefined ? { timeoutMs } : { timeoutMs, signal },
  );
  if ("ok" in reply) return reply;
  const outcome = readApiReply(reply, route);
  if (outcome.ok || sessionId === undefined) return outcome;
  const { reason, needs, errorId } = outcome;
  const message = outcome.message.replaceAll(sessionId, "<session>");
  return failure(reason, message, needs === undefined ? { errorId } : { needs, errorId });
}
