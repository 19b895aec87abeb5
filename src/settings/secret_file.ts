/** Files that hold one secret. */
import { readInputFile } from "../system/input_file.ts";

const MAX_BYTES = 64 * 1024;

/**
 * Reads a file that holds a secret; `-` is standard input. The line break at the end, which editors
 * and `echo` add, is dropped.
 *
 * @param action What it is read for, as the beginning of a sentence: `Cannot use …`.
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {UsageError} If it cannot be read, or is larger than 64 KiB.
 */
export async function readSecretFile(path: string, action: string): Promise<string> {
  const bytes = await readInputFile(path, { action, maxBytes: MAX_BYTES });
  return new TextDecoder().decode(bytes).replace(/\r?\n$/, "");
}
