import { PermissionError } from "../errors.ts";

/** What Deno can be allowed to do with a path. */
export type Access = "read" | "write";

/**
 * Names the flags that would allow what is wanted, e.g. `--allow-read=. --allow-write=.`, or `null`
 * if nothing is missing. Never prompts. The working directory is named `.`, as in the documented
 * command lines; a flag is not quoted for a shell.
 *
 * @param directory The directory to name in the flags.
 * @param options.path What is really touched, if it is less than the directory.
 */
export function missingFlags(directory: string, options: {
  readonly access: readonly Access[];
  readonly path?: string;
}): string | null {
  const path = options.path ?? directory;
  const missing = options.access.filter((name) =>
    Deno.permissions.querySync({ name, path }).state !== "granted"
  );
  return missing.length === 0 ? null : flagsFor(directory, missing);
}

/** The narrow flags that allow access to a directory and all in it. */
export function flagsFor(directory: string, access: readonly Access[]): string {
  const shown = directory === Deno.cwd() ? "." : directory.replaceAll(",", ",,");
  return access.map((name) => `--allow-${name}=${shown}`).join(" ");
}

/**
 * Makes sure that a directory may be used.
 *
 * @param options.action What is about to be done, as the beginning of a sentence: `Cannot write …`.
 * @throws {PermissionError} If Deno does not allow it.
 */
export function requireAccess(directory: string, options: {
  readonly access: readonly Access[];
  readonly action: string;
}): void {
  const needs = missingFlags(directory, { access: options.access });
  if (needs !== null) throw notAllowed(options.action, needs);
}

/** The error for what Deno does not allow. */
export function notAllowed(action: string, needs: string): PermissionError {
  return new PermissionError(`${action}: Deno does not allow it (run with ${needs})`, needs);
}
