import { AppError, StateFileError, systemReason } from "../errors.ts";
import { notAllowed } from "../system/path_permissions.ts";

/** Says whether an error means that nothing is there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound;
}

/** Says whether anything is at a path, a dangling link included. Needs `--allow-read` for it. */
export function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/**
 * Makes an error for people of what a file operation threw; errors for people stay as they are.
 *
 * @param action What failed, as the beginning of a sentence: `Cannot write …`.
 * @param needs The flags that help if Deno itself refused although it was asked before (a path was
 *   denied below an allowed directory).
 */
export function toStateError(error: unknown, options: {
  readonly action: string;
  readonly needs: string;
}): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof Deno.errors.NotCapable) {
    return notAllowed(options.action, options.needs);
  }
  return new StateFileError(`${options.action}: ${systemReason(error)}`, { cause: error });
}
