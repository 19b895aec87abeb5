/** A failed call as an error for people. A question's failure is no error: it becomes an answer. */
import { serverAdvice } from "../../detection/answer.ts";
import {
  type AppError,
  PermissionError,
  ServerError,
  ServerRefusedError,
  ServerUnreachableError,
  withAdvice,
} from "../../errors.ts";
import type { CallFailure } from "./failure.ts";

/** The same failure with advice for a server that does not answer the first question. */
export function withServerAdvice(failed: CallFailure): CallFailure {
  const advice = serverAdvice(failed.reason);
  return advice === null ? failed : { ...failed, message: withAdvice(failed.message, advice) };
}

/**
 * A failure as an error for people.
 *
 * @param failed What was found.
 * @param action What could not be done, such as `Cannot list the models of http://127.0.0.1:7801`.
 */
export function toError(failed: CallFailure, action: string): AppError {
  const { reason, message, needs, putOff } = failed;
  const said = `${action}: ${message}`;
  switch (reason) {
    case "permission":
      return new PermissionError(
        `${said} (add ${needs ?? "--allow-net"})`,
        needs ?? "--allow-net",
      );
    case "not_permitted":
      // A newer server may refuse a route that needed no permission when this was written.
      return new ServerRefusedError(
        needs === undefined
          ? said
          : `${action}: this account is not allowed to (it needs the ${needs})`,
      );
    case "refused":
      return new ServerRefusedError(said);
    case "not_swarmui":
      return new ServerUnreachableError(withServerAdvice({ ...failed, message: said }).message);
    case "unreachable":
    case "timeout":
    case "protocol":
      return new ServerUnreachableError(said, { retryAfterMs: putOff?.retryAfterMs ?? null });
    case "not_supported":
    case "server_error":
    case "setting":
    case "not_asked":
    case "failed":
      return new ServerError(said);
    default:
      return reason satisfies never;
  }
}
