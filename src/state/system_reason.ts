import { AppError, StateFileError } from "../errors.ts";
import { notAllowed } from "./permissions.ts";

const REASONS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "the system does not permit it"],
  ["ENOENT", "no such file or directory"],
  ["ENOTDIR", "part of its path is not a directory"],
  ["EISDIR", "it is a directory"],
  ["ENOSPC", "no space left on the device"],
  ["EDQUOT", "the disk quota is used up"],
  ["EROFS", "the file system is read-only"],
  ["ELOOP", "its symbolic links lead in a circle"],
  ["ENOLCK", "the file system has no locks"],
  ["ENOTSUP", "the file system has no locks"],
  ["EOPNOTSUPP", "the file system has no locks"],
  ["EMFILE", "too many open files"],
  ["EIO", "the device failed"],
]);

/** Says why the system refused, in a few words without a path; one line whatever was thrown. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const known = REASONS.get(code);
  if (known !== undefined) return known;
  // `Text (os error 5): open 'path'`, and a stack below it where RUST_BACKTRACE is set.
  const [first = ""] = error.message.split("\n");
  const words = first.replace(/ \(os error \d+\).*$/, "").replace(/\.$/, "");
  return words.slice(0, 1).toLowerCase() + words.slice(1);
}

/** Says whether an error means that nothing is there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound;
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
