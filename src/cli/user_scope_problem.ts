/** Why records could not be read that a command needs, as an error for people. */
import type { RecordsReading } from "../detection/records_tier.ts";
import { AppError, continueMessage, PermissionError } from "../errors.ts";
import type { Scope } from "../generation/records/store.ts";

/**
 * The error for commands that need these records, which alone have sessions; `null`: they were
 * read.
 */
export function userScopeProblem(records: RecordsReading): AppError | null {
  return problemOf("user", records);
}

/**
 * The error for commands that do not find a generation by its ID: it may be among the records of this
 * user, or of all machines, that could not be read. `null`: all were read.
 */
export function unreadProblem(records: RecordsReading): AppError | null {
  return problemOf("user", records) ?? problemOf("network", records);
}

function problemOf(wanted: Scope, { scopes }: RecordsReading): AppError | null {
  const reading = scopes.find(({ scope }) => scope === wanted)?.reading;
  if (reading === undefined || reading.answered) return null;
  const { message, needs } = reading;
  if (needs === undefined) return new AppError("unknown", message);
  return new PermissionError(
    message.includes(needs) ? message : continueMessage(message, ` (add ${needs})`),
    needs,
  );
}
