/** Why this user's own records could not be read, as an error for people. */
import type { RecordsReading } from "../detection/records_tier.ts";
import { AppError, PermissionError } from "../errors.ts";

/**
 * The error for commands that need these records, which alone have sessions; `null`: they were
 * read.
 */
export function userScopeProblem({ scopes }: RecordsReading): AppError | null {
  const reading = scopes.find(({ scope }) => scope === "user")?.reading;
  if (reading === undefined || reading.answered) return null;
  const { message, needs } = reading;
  if (needs === undefined) return new AppError("unknown", message);
  return new PermissionError(
    message.includes(needs) ? message : `${message} (add ${needs})`,
    needs,
  );
}
