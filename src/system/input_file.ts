/** Reads files that the user named as input. Not loaded by `status`. */
import { PermissionError, systemReason, UsageError } from "../errors.ts";
import { followLinks } from "./follow_links.ts";
import { NotPlainFileError } from "./look_at.ts";
import { missingFlags, notAllowed } from "./permissions.ts";
import { openInTime } from "./plain_file.ts";

/** Names of standard input, which is already open: Deno opens no device without `--allow-all`. */
const STANDARD_INPUT: ReadonlySet<string> = new Set(["-", "/dev/stdin", "/dev/fd/0"]);
/** How long to wait for a writer of a named pipe, in milliseconds. */
const WRITER_WITHIN_MS = 10_000;
const PIECE_BYTES = 64 * 1024;

/**
 * Reads a whole file; `-` is standard input. Links are followed, because the user named the file,
 * but not those of another user in a shared directory: what they lead to may be sent to a server.
 * A named pipe is read to its end; it waits 10 s for a writer.
 *
 * Needs `--allow-read` for the file; nothing for standard input.
 *
 * @param how.action What is about to be done, as the beginning of a sentence: `Cannot use …`.
 * @param how.maxBytes The most that is read.
 * @throws {PermissionError} If Deno's permission is missing.
 * @throws {UsageError} If it cannot be read, or is larger.
 */
export async function readInputFile(
  path: string,
  how: { readonly action: string; readonly maxBytes: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const { action, maxBytes } = how;
  try {
    if (STANDARD_INPUT.has(path)) return await readBounded(Deno.stdin.readable, maxBytes);
    const needs = missingFlags(path, { access: ["read"] });
    if (needs !== null) throw notAllowed(action, needs);
    followLinks(path);
    if ((await Deno.stat(path)).isDirectory) throw new NotPlainFileError("it is a directory");
    const file = await openInTime(path, { read: true }, { withinMs: WRITER_WITHIN_MS });
    return await readBounded(file.readable, maxBytes);
  } catch (error) {
    if (error instanceof PermissionError) throw error;
    const reason = error instanceof NotPlainFileError ? error.message : systemReason(error);
    throw new UsageError(`${action}: ${reason}`, { cause: error });
  }
}

/** Reads a stream to its end, and closes it. */
async function readBounded(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(PIECE_BYTES);
  let length = 0;
  // Leaving the loop cancels the rest.
  for await (const piece of stream) {
    const start = length;
    length += piece.length;
    if (length > maxBytes) {
      const kib = maxBytes / 1024;
      throw new NotPlainFileError(
        `it has more than ${kib < 1024 ? `${kib} KiB` : `${kib / 1024} MiB`}`,
      );
    }
    if (length > bytes.length) {
      const larger = new Uint8Array(Math.max(length, Math.min(2 * bytes.length, maxBytes)));
      larger.set(bytes.subarray(0, start));
      bytes = larger;
    }
    bytes.set(piece, start);
  }
  return bytes.subarray(0, length);
}
