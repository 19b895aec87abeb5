/**
 * Deno's permissions, asked for without ever prompting. Under `--no-prompt` one that was not granted
 * reads as "prompt", so only "granted" counts.
 */
import { PermissionError, UsageError } from "../errors.ts";
import { workingDirectory } from "./path_parts.ts";

/** What Deno can be allowed to do with a path. */
export type Access = "read" | "write";

/** What changing files in a directory takes. */
export const READ_WRITE: readonly Access[] = ["read", "write"];

/**
 * Names the flags that would allow what is wanted, e.g. `--allow-read=. --allow-write=.`, or `null`
 * if nothing is missing. The working directory is named `.`, as in the documented command lines; a
 * flag is not quoted for a shell.
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

/**
 * The flag that is missing to connect to or listen on an address, or `null`.
 *
 * @param host `name:port`, or a name alone for all its ports.
 */
export function missingNet(host: string): string | null {
  return isGranted({ name: "net", host }) ? null : `--allow-net=${host}`;
}

/**
 * An environment variable, or `undefined` if it is not set or may not be read.
 *
 * @throws {UsageError} If its bytes are not UTF-8. The error names the variable and never holds its
 *   value, nor does it keep Deno's own error, which quotes the value.
 */
export function readEnv(name: string): string | undefined {
  if (!mayReadEnv(name)) return undefined;
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.InvalidData)) throw error;
    throw new UsageError(
      `Cannot use ${name}: its value is not UTF-8 text (set it again, or unset it)`,
    );
  }
}

/** Says whether an environment variable may be read. */
export function mayReadEnv(name: string): boolean {
  return isGranted({ name: "env", variable: name });
}

/** This machine's name, or `null` where Deno may not tell it (`--allow-sys=hostname`). */
export function hostname(): string | null {
  return isGranted({ name: "sys", kind: "hostname" }) ? Deno.hostname() : null;
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  try {
    return Deno.permissions.querySync(permission).state === "granted";
  } catch (error) {
    // The working directory is gone: what uses a relative path fails, and says so better than this.
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}
