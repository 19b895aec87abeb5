/** The text of a state file on the disk, whatever it is that lies there. */
import { StateFileError } from "../../errors.ts";
import { NotPlainFileError, readPlainText, requirePlain } from "../../system/plain_file.ts";

/** Largest state file that is read, in bytes; 50,000 records are about 20 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads a state file; `null` if there is none. It never follows a link: a path that the user named
 * is resolved before.
 *
 * Needs `--allow-read` for it.
 *
 * @throws {StateFileError} If it is no plain file or too large. A named pipe is never opened: it
 *   would be waited for without end.
 */
export async function readStateText(path: string): Promise<string | null> {
  try {
    return await readPlainText(path, { maxBytes: MAX_BYTES });
  } catch (error) {
    throw error instanceof NotPlainFileError ? unusable(path, error) : error;
  }
}

/**
 * Makes sure that what was found at a state file's path may be one.
 *
 * @throws {StateFileError} As `readStateText()`.
 */
export function requireStateFile(path: string, about: Deno.FileInfo): void {
  try {
    requirePlain(about);
  } catch (error) {
    throw error instanceof NotPlainFileError ? unusable(path, error) : error;
  }
}

function unusable(path: string, { message, isLink }: NotPlainFileError): StateFileError {
  const found = isLink
    ? `${message}, and others may have made it (name the file that is meant with --state-file)`
    : `${message} (name another file)`;
  return new StateFileError(`Cannot read state file "${path}": ${found}`);
}
