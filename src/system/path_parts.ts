/** Paths without a library: on the way of `status` every import costs. */
import { requireAccess } from "./path_permissions.ts";

/** A path's directory and last name. */
export interface PathParts {
  /** `.` for a bare name. */
  readonly directory: string;
  /** Empty if the path ends with a separator. */
  readonly name: string;
}

/** Splits a path at its last separator; on Windows both kinds count. */
export function splitPath(path: string): PathParts {
  const at = Deno.build.os === "windows"
    ? Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"))
    : path.lastIndexOf("/");
  if (at < 0) return { directory: ".", name: path };
  // A root keeps its separator: without it "/x" would lie in "" and "C:\x" in "C:".
  const isRoot = at === 0 || path[at - 1] === ":";
  return { directory: path.slice(0, isRoot ? at + 1 : at), name: path.slice(at + 1) };
}

/** Joins a directory and a name. */
export function joinPath(directory: string, name: string): string {
  return /[/\\]$/.test(directory) ? directory + name : `${directory}/${name}`;
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
    const next = linkTarget(here);
    if (next === null) return here;
    current = /^([/\\]|[A-Za-z]:)/.test(next) ? next : joinPath(splitPath(here).directory, next);
    const action = `Cannot follow the link "${here}"`;
    requireAccess(splitPath(current).directory, { access: ["read"], action });
  }
  throw new Deno.errors.FilesystemLoop(`Too many levels of symbolic links: ${path}`);
}

function linkTarget(path: string): string | null {
  try {
    return Deno.lstatSync(path).isSymlink ? Deno.readLinkSync(path) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
