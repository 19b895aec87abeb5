/** Reads a state file and checks what is at its path. */
import { StateFileError, UsageError, withAdvice } from "../../errors.ts";
import type { Clock } from "../../generation/clock.ts";
import { followLinks, ForeignLinkError, LinkOwners } from "../../system/follow_links.ts";
import { linkedPath, lookAt, NotPlainFileError, requirePlain } from "../../system/look_at.ts";
import { joinPath, splitPath } from "../../system/path_parts.ts";
import { missingFlags, requireAccess } from "../../system/permissions.ts";
import { readPlainText } from "../../system/plain_file.ts";
import { parseNamedStateFile, STATE_BYTES_MAX } from "./state_codec.ts";

/** A stream that is open already. It is a link, to a target that may have no name (`pipe:[4711]`). */
const STREAM = /^\/(?:dev\/(?:stdin|stdout|stderr|fd\/\d+)|proc\/[^/]+\/fd\/\d+)$/;

/** How a state file is used. */
export interface FileStoreOptions {
  /** The state file. It and its lock are made when the first record is put. */
  readonly path: string;
  /**
   * Whether the user named the path: then its links are followed, and it is never moved aside.
   * @default {false}
   */
  readonly isNamed?: boolean;
  /** For the age of records and the time of writing. */
  readonly clock: Pick<Clock, "now">;
  /** Called with one line if something was moved aside. */
  readonly warn?: (message: string) => void;
  /** How long to wait for another process's lock, in milliseconds. @default {3000} */
  readonly lockWaitMs?: number;
}

/**
 * Reads a state file; `null` if there is none. It never follows a link: a path that the user named
 * is resolved before.
 *
 * Needs `--allow-read` for it.
 *
 * @throws {StateFileError} If it is not a plain file or is too large. A named pipe is never opened,
 * because that would block.
 */
export async function readStateText(path: string): Promise<string | null> {
  try {
    return await readPlainText(path, { maxBytes: STATE_BYTES_MAX });
  } catch (error) {
    throw error instanceof NotPlainFileError ? unusable(path, error) : error;
  }
}

/**
 * Checks that what is at a state file's path can be one.
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
 * Checks that a file that the user named is a state file or does not exist, before anything else is
 * done. A file that cannot be checked or read is accepted here: the evidence reports it, and so
 * does the code that writes it.
 *
 * Needs `--allow-read` for it; without that it does nothing.
 *
 * @throws {UsageError} If it exists and is not a state file.
 */
export async function checkNamedStateFile(path: string): Promise<void> {
  if (path === "-") {
    throw new UsageError(
      'Cannot use "-" as state file: it stands for a stream (a file of this name is ./-)',
    );
  }
  if (STREAM.test(path)) {
    throw new UsageError(
      `Cannot use "${path}" as state file: it is not a plain file (name another with --state-file)`,
    );
  }
  if (missingFlags(splitPath(path).directory, { access: ["read"], path }) !== null) return;
  const found = await findFault(path);
  if (found === null) return;
  throw new UsageError(
    `Cannot use "${path}" as state file: ${withAdvice(found, "name another with --state-file")}`,
  );
}

/**
 * The file that is read and written for a state file's path: the path itself, or the target of its
 * links if the user named it. In a working directory others may have put a link, so links are not
 * followed there.
 *
 * @param about.owners Decides whose links are followed. @default {everybody's: for reading}
 * @throws As `resolveLinks()`, for a path that the user named.
 */
export function stateFileTarget(
  path: string,
  { isNamed, owners }: { readonly isNamed: boolean; readonly owners?: LinkOwners },
): string {
  return isNamed ? resolveLinks(path, owners) : path;
}

/**
 * Follows symlinks to the file that would be written. The file need not exist, but its directory
 * must. Two links to one file lead to one path, so they share a lock.
 *
 * Needs `--allow-read` for the path and for its target.
 *
 * @param owners Decides whose links are followed. @default {everybody's: for reading}
 * @throws {ForeignLinkError} If another user may have made a link.
 * @throws {PermissionError} If Deno may not read a link's target.
 * @throws {Deno.errors.NotFound} If the directory does not exist.
 * @throws {Deno.errors.FilesystemLoop} If links lead in a circle.
 */
export function resolveLinks(path: string, owners?: LinkOwners): string {
  if (owners !== undefined) requireTrusted(path, owners);
  let current = path;
  // Linux gives up after 40 links too.
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

/** What else fails on the way is reported by whoever resolves the path. */
function requireTrusted(path: string, owners: LinkOwners): void {
  try {
    followLinks(path, { owners });
  } catch (error) {
    if (error instanceof ForeignLinkError) throw error;
  }
}

async function findFault(path: string): Promise<string | null> {
  try {
    const target = resolveLinks(path, new LinkOwners());
    const about = lookAt(target);
    if (about === null) return null;
    requirePlain(about);
    parseNamedStateFile(await readStateText(target) ?? "");
    return null;
  } catch (error) {
    const isOther = error instanceof NotPlainFileError || error instanceof SyntaxError ||
      error instanceof ForeignLinkError;
    return isOther ? error.message : null;
  }
}

function unusable(path: string, { message, isLink }: NotPlainFileError): StateFileError {
  const found = isLink
    ? `${message}, and others may have made it (name the file that is meant with --state-file)`
    : `${message} (name another file)`;
  return new StateFileError(`Cannot read state file "${path}": ${found}`);
}
