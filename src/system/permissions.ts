/**
 * Deno's permissions, asked for without ever prompting. Under `--no-prompt` one that was not granted
 * reads as "prompt", so only "granted" counts.
 */
import { UsageError } from "../errors.ts";

/** Says whether a permission is granted. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  try {
    return Deno.permissions.querySync(permission).state === "granted";
  } catch (error) {
    // The working directory is gone: what uses a relative path fails, and says so better than this.
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

/** The flag that is missing to read a path, or `null` if it may be read. */
export function missingRead(path: string): string | null {
  return isGranted({ name: "read", path }) ? null : `--allow-read=${path}`;
}

/** The flag that is missing to write a path, or `null` if it may be written. */
export function missingWrite(path: string): string | null {
  return isGranted({ name: "write", path }) ? null : `--allow-write=${path}`;
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
