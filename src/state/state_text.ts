/** The text of a state file on the disk, whatever it is that lies there. */
import { StateFileError } from "../errors.ts";
import { isNotFound } from "./system_reason.ts";

/** Largest state file that is read, in bytes; 50,000 records are about 20 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads a state file without blocking the event loop; `null` if there is none.
 *
 * Needs `--allow-read` for it.
 *
 * @throws {StateFileError} If it is no file or too large. A named pipe is never opened: it would
 *   be waited for without end.
 */
export async function readStateText(path: string): Promise<string | null> {
  try {
    requirePlainFile(path, await Deno.stat(path));
    return await Deno.readTextFile(path);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** As `readStateText()`, but synchronous: for use under the lock, which is held shortest this way. */
export function readStateTextSync(path: string): string | null {
  try {
    requirePlainFile(path, Deno.statSync(path));
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

function requirePlainFile(path: string, about: Deno.FileInfo): void {
  const fault = about.isDirectory
    ? "it is a directory"
    : !about.isFile
    ? "it is not a plain file"
    : about.size > MAX_BYTES
    ? `it has ${about.size} bytes, more than ${MAX_BYTES}`
    : null;
  if (fault !== null) {
    throw new StateFileError(`Cannot read state file "${path}": ${fault} (name another file)`);
  }
}
