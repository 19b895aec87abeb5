/** Why a generation could not be cancelled, as an error for people. Pure. */
import { AppError, continueMessage, lowerFirst } from "../../errors.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Cancellation, CancelOutcome } from "../../generation/stop/cancel_generation.ts";
import { showsWork } from "../../generation/server/counters.ts";
import { countersText, HELD_WORK } from "../../render/generation/cancel_text.ts";

/** The outcomes that are not a success; the first one decides the exit code. */
const PROBLEMS: readonly CancelOutcome[] = [
  "unreachable",
  "not_allowed",
  "no_session",
  "failed",
  "not_started",
  "still_running",
];

/** What else is known about a cancellation. */
export interface CancelCircumstances {
  /** True if Ctrl-C ended the waiting. */
  readonly isInterrupted: boolean;
  /** Why this user's records could not be read; `null` if they could. */
  readonly scopeProblem: AppError | null;
}

/** The problem; `null` if nothing that was to be cancelled is running any more. */
export function cancelProblem(
  cancellations: readonly Cancellation[],
  circumstances: CancelCircumstances,
): AppError | null {
  const failed = PROBLEMS.flatMap((outcome) =>
    cancellations.filter((each) => each.outcome === outcome)
  );
  const [first] = failed;
  if (first === undefined) return null;
  const more = failed.length > 1 ? `; ${failed.length - 1} more could not be cancelled` : "";
  const { code, text, cause } = describe(first, circumstances);
  return new AppError(code, `${text}${more}`, { cause });
}

interface Problem {
  readonly code: ErrorCode;
  readonly text: string;
  readonly cause?: Error | null;
}

function describe(
  { target, outcome, after, cause }: Cancellation,
  { isInterrupted, scopeProblem }: CancelCircumstances,
): Problem {
  const { id, pid, host } = target.record;
  switch (outcome) {
    case "unreachable":
    case "not_allowed":
    case "failed": {
      const code = cause instanceof AppError ? cause.code : "failed";
      const found = cause === null ? "no answer" : lowerFirst(cause.message);
      return { code, text: `Cannot cancel ${id}: ${found}`, cause };
    }
    case "no_session":
      if (scopeProblem !== null) {
        const text = `Cannot cancel ${id}: ${lowerFirst(scopeProblem.message)}`;
        return { code: scopeProblem.code, text, cause: scopeProblem };
      }
      if (target.scopes.includes("network")) {
        const where = host === null ? "on the machine that started it" : `on ${host}`;
        const text = `Cannot cancel ${id}: its session is not shared (cancel it ${where}, or use ` +
          "--redis-share-sessions on both machines)";
        return { code: "unknown", text };
      }
      return {
        code: "unknown",
        text: `Cannot cancel ${id}: this user does not have its session (cancel it as the user ` +
          "who started it, and on the same machine)",
      };
    case "not_started": {
      if (isInterrupted) return interrupted(id, "nothing was stopped");
      const where = pid === null ? "its process" : `process ${pid}${host ? ` on ${host}` : ""}`;
      return {
        code: "unknown",
        text: `Cannot cancel ${id}: it did not reach the server within 10 s ` +
          `(try again, or end ${where})`,
      };
    }
    case "still_running": {
      const left = after === null ? "not known what is left" : `${countersText(after)} left`;
      if (isInterrupted) return interrupted(id, left);
      const found = after !== null && showsWork(after)
        ? `the server accepted the request to stop, but after 10 s it still counts ${
          countersText(after)
        }: ` +
          HELD_WORK
        : `${left} after 10 s (see asset-generator status)`;
      return { code: "timed_out", text: `Cannot confirm that ${id} stopped: ${found}` };
    }
    default:
      throw new RangeError(`Cannot complain of ${outcome}: it is a success`);
  }
}

function interrupted(id: string, found: string): Problem {
  return {
    code: "interrupted",
    text: continueMessage(
      `Interrupted before ${id} was seen to stop: ${found}`,
      " (see asset-generator status)",
    ),
  };
}
