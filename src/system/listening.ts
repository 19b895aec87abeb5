import { AppError, PermissionError, systemReason } from "../errors.ts";
import { missingNet } from "./permissions.ts";

/**
 * Starts something that listens, and says in one line why it cannot.
 *
 * Needs `--allow-net` for the host and the port.
 *
 * @param at.port 0: any free one.
 * @throws {PermissionError} If Deno's permission is missing; nothing was started.
 * @throws {AppError} If the port is in use or reserved for others, or the host is not this machine's.
 */
export async function startListening<T>(
  at: { readonly hostname: string; readonly port: number },
  start: () => Promise<T>,
): Promise<T> {
  const { hostname, port } = at;
  const place = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  const needs = missingNet(place);
  if (needs !== null) {
    throw new PermissionError(
      `Cannot listen on ${place}: Deno does not allow it (add ${needs})`,
      needs,
    );
  }
  try {
    return await start();
  } catch (error) {
    const found = whatIsWrong(error);
    if (found === null) throw error;
    throw new AppError("failed", `Cannot listen on ${place}: ${found}`, { cause: error });
  }
}

function whatIsWrong(error: unknown): string | null {
  if (error instanceof Deno.errors.AddrInUse) {
    return "the port is in use (choose another with --port; 0 takes any that is free)";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "the system does not allow it (give a --port above 1023)";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address (give one of its own with --host)";
  }
  // A name that leads nowhere has no class of its own.
  if (error instanceof Error && /lookup address|resolve/.test(error.message)) {
    return `${systemReason(error)} (give an address with --host)`;
  }
  return null;
}
