import { AppError, StateFileError, systemReason } from "../errors.ts";
import { flagsFor, notAllowed, READ_WRITE, requireAccess } from "../system/permissions.ts";

/**
 * Changes what is kept in a directory. Needs `--allow-read` and `--allow-write` for it.
 *
 * @param change.action What is done, as the beginning of a sentence for people: `Cannot write …`.
 * @throws {PermissionError} If Deno does not allow it, also if it refuses although it was asked before
 *   (a path was denied below an allowed directory).
 * @throws {AppError} What the work throws of this kind; of all else that it throws a `StateFileError`
 *   is made.
 */
export async function changeState<T>(
  { directory, action }: { readonly directory: string; readonly action: string },
  work: () => Promise<T>,
): Promise<T> {
  requireAccess(directory, { access: READ_WRITE, action });
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (error instanceof Deno.errors.NotCapable) {
      throw notAllowed(action, flagsFor(directory, READ_WRITE));
    }
    throw new StateFileError(`${action}: ${systemReason(error)}`, { cause: error });
  }
}
