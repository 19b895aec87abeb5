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
  const missing = options.access.filter((name) => !isGranted({ name, path }));
  return missing.length === 0 ? null : flagsFor(directory, missing);
}

/** The narrow flags that allow access to a directory and all in it. */
export function flagsFor(directory: string, access: readonly Access[]): string {
  const shown = directory === workingDirectory() ? "." : directory.replaceAll(",", ",,");
  return access.map((name) => `--allow-${name}=${shown}`).join(" ");
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  try {
    return Deno.permissions.querySync(permission).state === "granted";
  } catch (error) {
    // A relative path in a working directory that is gone: what is about to be done says so itself.
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

/** `null` if it is gone, which what is about to be done finds out by itself. */
function workingDirectory(): string | null {
  try {
    return Deno.cwd();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
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
