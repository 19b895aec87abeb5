/** A state file that the user named: refused before anything happens if it is something else. */
import { UsageError } from "../../errors.ts";
import { missingFlags } from "../../system/path_permissions.ts";
import { lookAt, NotPlainFileError, requirePlain } from "../../system/plain_file.ts";
import { resolveLinks, splitPath } from "../../system/path_parts.ts";
import { parseNamedStateFile } from "./state_codec.ts";
import { readStateText } from "./state_text.ts";

/**
 * Makes sure that a named file is a state file or not there yet. One that cannot be looked at or
 * read is let pass: that is told as evidence, and by whoever writes.
 *
 * Needs `--allow-read` for it; without that it says nothing.
 *
 * @throws {UsageError} If it is there and is no state file.
 */
export async function checkNamedStateFile(path: string): Promise<void> {
  if (missingFlags(splitPath(path).directory, { access: ["read"], path }) !== null) return;
  const found = await findFault(path);
  if (found === null) return;
  throw new UsageError(
    `Cannot use "${path}" as state file: ${found} (name another with --state-file)`,
  );
}

async function findFault(path: string): Promise<string | null> {
  try {
    const target = resolveLinks(path);
    const about = lookAt(target);
    if (about === null) return null;
    requirePlain(about);
    parseNamedStateFile(await readStateText(target) ?? "");
    return null;
  } catch (error) {
    const isOther = error instanceof NotPlainFileError || error instanceof SyntaxError;
    return isOther ? error.message : null;
  }
}
