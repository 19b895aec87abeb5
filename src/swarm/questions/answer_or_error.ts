import type { Answer, NoAnswer } from "../../detection/answer.ts";
import { withAdvice } from "../../errors.ts";
import { failure, toError } from "../wire/failure.ts";

/**
 * The value of an answer, for commands that are of no use without it.
 *
 * @param action What could not be done without it: `Cannot list the models of http://127.0.0.1:7801`.
 * @throws {AppError} If there is none: says why, and what to do.
 */
export function answerOrError<T>(answer: Answer<T>, action: string): T {
  if (answer.answered) return answer.value;
  const { reason, needs } = answer;
  throw toError(failure(reason, advised(answer), needs === undefined ? {} : { needs }), action);
}

function advised({ reason, message = "no answer" }: NoAnswer): string {
  switch (reason) {
    case "unreachable":
      return withAdvice(message, "is SwarmUI running? is --api-url right?");
    case "timeout":
      return withAdvice(message, "is it busy or stopped? --request-timeout gives it longer");
    default:
      return message;
  }
}
