/** Looks at what there is at a path, without following a link and without opening it. */
import { joinPath, splitPath } from "./path_parts.ts";

/** The thing at a path must not be used there; the message says what it is, in a few words. */
export class NotPlainFileError extends Error {
  override readonly name = "NotPlainFileError";
  readonly isLink: boolean;

  constructor(message: string, { isLink = false }: { readonly isLink?: boolean } = {}) {
    super(message);
    this.isLink = isLink;
  }
}

/** Says whether an error means that there is no file. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound;
}

/** Looks at a path without following a link; `null` if there is nothing. Needs `--allow-read`. */
export function lookAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** The target of a symlink, one step only; `null` if it is not a symlink. Needs `--allow-read`. */
export function linkedPath(path: string): string | null {
  const next = linkTarget(path);
  if (next === null) return null;
  const isAbsolute = /^([/\\]|[A-Za-z]:)/.test(next);
  return isAbsolute ? next : joinPath(splitPath(path).directory, next);
}

function linkTarget(path: string): string | null {
  try {
    return Deno.lstatSync(path).isSymlink ? Deno.readLinkSync(path) : null;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** When a plain file was last written, epoch milliseconds; `null` if there is none. */
export function touchTime(path: string): number | null {
  try {
    const about = lookAt(path);
    return about?.isFile ? about.mtime?.getTime() ?? null : null;
  } catch {
    return null;
  }
}

/** Checks that this is a plain file. */
export function requirePlain(about: Deno.FileInfo): void {
  if (about.isSymlink) throw new NotPlainFileError("it is a symbolic link", { isLink: true });
  if (about.isDirectory) throw new NotPlainFileError("it is a directory");
  if (!about.isFile) throw new NotPlainFileError("it is not a plain file");
}
