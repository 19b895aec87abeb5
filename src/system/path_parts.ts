/** Paths as texts, without a library: every import makes `status` start more slowly. */

/** A path's directory and last name. */
export interface PathParts {
  /** `.` for a bare name. */
  readonly directory: string;
  /** Empty if the path ends with a separator. */
  readonly name: string;
}

/** Splits a path at its last separator; on Windows, both kinds count. */
export function splitPath(path: string): PathParts {
  const at = Deno.build.os === "windows"
    ? Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"))
    : path.lastIndexOf("/");
  if (at < 0) return { directory: ".", name: path };
  // A root keeps its separator: without it "/x" would be in "" and "C:\x" in "C:".
  const isRoot = at === 0 || path[at - 1] === ":";
  return { directory: path.slice(0, isRoot ? at + 1 : at), name: path.slice(at + 1) };
}

/** The directories above a path, from the nearest one to the root. */
export function* directoriesAbove(path: string): Generator<string> {
  for (let place = path;;) {
    const above = splitPath(place).directory;
    if (above === place) return;
    yield above;
    place = above;
  }
}

/** Joins a directory and a name with exactly one separator. */
export function joinPath(directory: string, name: string): string {
  const trimmed = directory.replace(/([/\\])[/\\]+$/, "$1");
  return /[/\\]$/.test(trimmed) ? trimmed + name : `${trimmed}/${name}`;
}

/**
 * Makes a path absolute; it stays relative if the working directory is gone. `.` is left out, but
 * `..` is not resolved: what is before it may be a link.
 */
export function resolvePath(path: string, cwd: string = workingDirectory() ?? ""): string {
  if (isAbsolute(path) || cwd === "") return withoutDots(path);
  const separator = Deno.build.os === "windows" ? "\\" : "/";
  return withoutDots(cwd.endsWith(separator) ? cwd + path : cwd + separator + path);
}

function withoutDots(path: string): string {
  return path.replace(
    Deno.build.os === "windows" ? /([/\\])(?:\.[/\\]+)+/g : /(\/)(?:\.\/+)+/g,
    "$1",
  );
}

function isAbsolute(path: string): boolean {
  return path.startsWith("/") || path.startsWith("\\\\") || /^[A-Za-z]:[/\\]/.test(path);
}

/** The working directory; `null` if it was removed. */
export function workingDirectory(): string | null {
  try {
    return Deno.cwd();
  } catch {
    // Anything that uses a relative path then fails with its own message.
    return null;
  }
}
