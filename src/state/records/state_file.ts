/** A state file on the disk, whatever it is that lies at its path. */
import { StateFileError, UsageError } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import { joinPath, splitPath } from "../../system/path_parts.ts";
import { missingFlags, requireAccess } from "../../system/permissions.ts";
import {
  linkedPath,
  lookAt,
  NotPlainFileError,
  readPlainText,
  requirePlain,
} from "../../system/plain_file.ts";
import { parseNamedStateFile, STATE_BYTES_MAX } from "./state_codec.ts";

/** How a state file is used. */
export interface FileStoreOptions {
  /** The state file; it and its lock are made when the first record is put. */
  readonly path: string;
  /** The user named the path: its links are followed, and it is never moved aside. @default {false} */
  readonly isNamed?: boolean;
  /** For ages and the time of writing. */
  readonly clock: Pick<Clock, "now">;
  /** Is told, in one line, what was moved aside. */
  readonly warn?: (message: string) => void;
  /** How long another process's lock is waited for, in milliseconds. @default {3000} */
  readonly lockWaitMs?: number;
}

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
    return await readPlainText(path, { maxBytes: STATE_BYTES_MAX });
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

/**
 * Makes sure that a file that the user named is a state file or not there yet, before anything else
 * happens. One that cannot be looked at or read is let pass: that is told as evidence, and by whoever
 * writes.
 *
 * Needs `--allow-read` for it; without that it says nothing.
 *
 * @throws {UsageError} If it is there and is no state file.
 */
export async function checkNamedStateFile(path: string): Promise<void> {
  if (path === "-") {
    throw new UsageError(
      'Cannot use "-" as state file: it stands for a stream (a file of this name is ./-)',
    );
  }
  if (missingFlags(splitPath(path).directory, { access: ["read"], path }) !== null) return;
  const found = await findFault(path);
  if (found === null) return;
  throw new UsageError(
    `Cannot use "${path}" as state file: ${found} (name another with --state-file)`,
  );
}

/**
 * The file that is read and written for a state file's path: the path itself, unless the user named
 * it. Only then are its links followed, for others may have put a link in a working directory.
 *
 * @throws As `resolveLinks()`, for a path that the user named.
 */
export function stateFileTarget(path: string, about: { readonly isNamed: boolean }): string {
  return about.isNamed ? resolveLinks(path) : path;
}

/**
 * Follows symlinks to the file that would be written, which need not exist; its directory must.
 * Two links to one file resolve to one path, so they share a lock.
 *
 * Needs `--allow-read` for the path and for what it leads to.
 *
 * @throws {PermissionError} If a link leads to where Deno may not read.
 * @throws {Deno.errors.NotFound} If the directory does not exist.
 * @throws {Deno.errors.FilesystemLoop} If links lead in a circle.
 */
export function resolveLinks(path: string): string {
  let current = path;
  // 40 is where Linux gives up too.
  for (let hops = 0; hops < 40; hops++) {
    try {
      return Deno.realPathSync(current);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    const { directory, name } = splitPath(current);
    const here = joinPath(Deno.realPathSync(directory), name);
    const next = linkedPath(here);
    if (next === null) return here;
    current = next;
    const action = `Cannot follow the link "${here}"`;
    requireAccess(splitPath(current).directory, { access: ["read"], action });
  }
  throw new Deno.errors.FilesystemLoop(`Too many levels of symbolic links: ${path}`);
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

function unusable(path: string, { message, isLink }: NotPlainFileError): StateFileError {
  const found = isLink
    ? `${message}, and others may have made it (name the file that is meant with --state-file)`
    : `${message} (name another file)`;
  return new StateFileError(`Cannot read state file "${path}": ${found}`);
}
