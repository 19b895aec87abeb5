/** How a call to the server can fail, as a value, an answer and an error. */
import type { NoAnswer, NoAnswerReason, PutOff } from "../../detection/answer.ts";
import {
  type AppError,
  PermissionError,
  ServerError,
  ServerRefusedError,
  ServerUnreachableError,
  withAdvice,
} from "../../errors.ts";

/** A call without a usable answer. */
export interface CallFailure {
  readonly ok: false;
  readonly reason: NoAnswerReason;
  /** What was found, for people; holds no secret of ours, may hold foreign text. */
  readonly message: string;
  /** A Deno flag or `permission <SwarmUI permission id>`. */
  readonly needs?: string;
  /** SwarmUI's `error_id`, when it gave one. */
  readonly errorId: string | null;
  /** Set if the question was put off with an HTTP status that passes by itself. */
  readonly putOff?: PutOff;
}

/** A value that came, or why it did not. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | CallFailure;

/** Makes a failure. */
export function failure(
  reason: NoAnswerReason,
  message: string,
  more: {
    readonly needs?: string;
    readonly errorId?: string | null;
    readonly putOff?: PutOff;
  } = {},
): CallFailure {
  const { needs, errorId = null, putOff } = more;
  return {
    ok: false,
    reason,
    message,
    ...(needs === undefined ? {} : { needs }),
    errorId,
    ...(putOff === undefined ? {} : { putOff }),
  };
}

/** The same failure, with a secret that a server repeated taken out of its message. */
export function withoutSecret(failed: CallFailure, secret: string): CallFailure {
  return { ...failed, message: failed.message.replaceAll(secret, "<session>") };
}

/** Says whether the server does not know the session it was asked with (`swarmui-protocol.md §2.2`). */
export function isLostSession(outcome: Outcome<unknown>): boolean {
  return !outcome.ok && outcome.errorId === "invalid_session_id";
}

/** A failure as the answer to a question. */
export function toNoAnswer(failed: CallFailure, elapsedMs: number): NoAnswer {
  const { reason, message, needs, putOff } = failed;
  return {
    answered: false,
    reason,
    message,
    ...(needs === undefined ? {} : { needs }),
    ...(putOff === undefined ? {} : { putOff }),
    elapsedMs,
  };
}

/**
 * A failure as an error for people.
 *
 * @param failed What was found.
 * @param action What could not be done, e.g. `Cannot list the models of http://127.0.0.1:7801`.
 */
export function toError(failed: CallFailure, action: string): AppError {
  const { reason, message, needs, errorId } = failed;
  const said = `${action}: ${message}`;
  switch (reason) {
    case "permission":
      return new PermissionError(
        `${said} (run with ${needs ?? "--allow-net"})`,
        needs ?? "--allow-net",
      );
    case "not_permitted":
      // A newer server may refuse a route that needed no permission when this was written.
      return new ServerRefusedError(needs === undefined ? said : `${said} (it needs the ${needs})`);
    case "refused":
      return new ServerRefusedError(said);
    case "not_swarmui":
      return new ServerUnreachableError(withAdvice(said, "is --api-url right?"));
    case "unreachable":
    case "timeout":
    case "protocol":
      return new ServerUnreachableError(said);
    case "not_supported":
    case "server_error":
    case "not_asked":
    case "failed":
      return new ServerError(said, { errorId });
    default:
      return reason satisfies never;
  }
}
