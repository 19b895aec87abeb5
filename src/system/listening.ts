import { AppError, PermissionError } from "../errors.ts";
import { missingNet } from "./permissions.ts";

/**
 * Starts something that listens on loopback, and says in one line why it cannot.
 *
 * Needs `--allow-net` for `127.0.0.1` and the port.
 *
 * @param port 0: any free one.
 * @throws {PermissionError} If Deno's permission is missing; nothing was started.
 * @throws {AppError} If the port is in use or reserved for others.
 */
export async function startListening<T>(port: number, start: () => Promise<T>): Promise<T> {
  const needs = missingNet(`127.0.0.1:${port}`);
  if (needs !== null) {
    throw new PermissionError(
      `Cannot listen on 127.0.0.1:${port}: Deno's permission is missing (add ${needs})`,
      needs,
    );
  }
  try {
    return await start();
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new AppError(
        "failed",
        `Cannot listen on 127.0.0.1:${port}: the port is in use (give another with --port, or 0 for any)`,
        { cause: error },
      );
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new AppError(
        "failed",
        `Cannot listen on 127.0.0.1:${port}: the system does not allow it (give a --port above 1023)`,
        { cause: error },
      );
    }
    throw error;
  }
}
