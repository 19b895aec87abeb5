/**
 * Asks about Deno's permissions without ever prompting. With `--no-prompt`, a permission that was
 * not granted reads as "prompt", so only "granted" counts.
 */
import { PermissionError, UsageError } from "../errors.ts";
import { workingDirectory } from "./path_parts.ts";
import type { EnvironmentReader } from "./paths.ts";

/** What Deno can be allowed to do with a path. */
export type Access = "read" | "write";

/** What is needed to change files in a directory. */
export const READ_WRITE: readonly Access[] = ["read", "write"];

/**
 * Names the missing flags, such as `--allow-read=. --allow-write=.`; `null` if nothing is missing.
 * The working directory is written as `.`, as in the documented command lines. A flag is not quoted
 * for a shell.
 *
 * @param directory The directory to name in the flags.
 * @param options.path The path that is really used, if it is less than the directory.
 */
export function missingFlags(directory: string, options: {
  readonly access: readonly Access[];
  readonly path?: string;
}): string | null {
  const path = options.path ?? directory;
  const missing = options.access.filter((name) => !isGranted({ name, path }));
  return missing.length === 0 ? null : flagsFor(directory, missing);
}

/** The narrow flags for access to a directory and everything in it. */
export function flagsFor(directory: string, access: readonly Access[]): string {
  const shown = directory === workingDirectory() ? "." : directory.replaceAll(",", ",,");
  return access.map((name) => `--allow-${name}=${shown}`).join(" ");
}

/**
 * Checks that a directory may be used.
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

/** The error for something that Deno does not allow. */
export function notAllowed(action: string, needs: string): PermissionError {
  return new PermissionError(`${action}: Deno does not allow it (add ${needs})`, needs);
}

/**
 * The flag that is missing to connect to or listen on an address, or `null`.
 *
 * @param host `name:port`, or only a name for all its ports.
 */
export function missingNet(host: string): string | null {
  return isGranted({ name: "net", host }) ? null : `--allow-net=${host}`;
}

/**
 * An environment variable; `undefined` if it is not set or must not be read.
 *
 * @throws {UsageError} If it is not UTF-8. The error names the variable and never contains its
 * value; it does not keep Deno's own error either, which quotes the value.
 */
export function readEnv(name: string): string | undefined {
  return mayReadEnv(name) ? valueOf(name) : undefined;
}

function valueOf(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    // Denied, although all variables of its kind are allowed.
    if (error instanceof Deno.errors.NotCapable) return undefined;
    if (!(error instanceof Deno.errors.InvalidData)) throw error;
    throw new UsageError(
      `Cannot use ${name}: its value is not UTF-8 text (set it again, or unset it)`,
    );
  }
}

/** What the names of this tool's own variables begin with. */
const OWN_VARIABLES = "ASSET_GENERATOR_";

/**
 * The environment of this process, by `readEnv()` and `mayReadEnv()`. Deno is asked once about each
 * variable, and about all of this tool's own ones together: to ask about each of them would be a third
 * of what a start costs before its first question.
 */
export function systemEnvironment(): EnvironmentReader {
  const mayReadOwn = mayReadEnv(`${OWN_VARIABLES}*`);
  const known = new Map<string, boolean>();
  function mayRead(name: string): boolean {
    const isAllowed = known.get(name) ?? mayReadEnv(name);
    known.set(name, isAllowed);
    return isAllowed;
  }
  return {
    get: (name) =>
      (mayReadOwn && name.startsWith(OWN_VARIABLES)) || mayRead(name) ? valueOf(name) : undefined,
    mayRead,
  };
}

/** Says whether an environment variable may be read. */
export function mayReadEnv(name: string): boolean {
  return isGranted({ name: "env", variable: name });
}

/** This machine's name; `null` if Deno may not read it (`--allow-sys=hostname`). */
export function hostname(): string | null {
  return isGranted({ name: "sys", kind: "hostname" }) ? Deno.hostname() : null;
}

function isGranted(permission: Deno.PermissionDescriptor): boolean {
  try {
    return Deno.permissions.querySync(permission).state === "granted";
  } catch (error) {
    // The working directory is gone. Code that uses a relative path fails with a better message
    // than this one.
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}
