import type { Answer } from "../../detection/answer.ts";
import { reasonText } from "../../detection/answer.ts";
import { failure } from "../wire/failure.ts";
import { toError, withServerAdvice } from "../wire/failure_error.ts";

/**
 * The value of an answer, for commands that need one.
 *
 * @param action What could not be done: `Cannot list the models of http://127.0.0.1:7801`.
 * @throws {AppError} If there is no answer: says why, and what to do.
 */
export function answerOrError<T>(answer: Answer<T>, action: string): T {
  if (answer.answered) return answer.value;
  const { reason, message = reasonText(reason), needs } = answer;
  const failed = failure(reason, message, needs === undefined ? {} : { needs });
  throw toError(withServerAdvice(failed), action);
}
