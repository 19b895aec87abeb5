/**
 * The failures that a user can meet, and what the system says of them in words of our own. Everything
 * else that is thrown is a bug of ours.
 *
 * A message is one line: the action that failed, what was found, what to do. It starts with a
 * capital letter, has no full stop at its end, and never holds a session id, a key or a token.
 * Only `cli/exit.ts` turns these into exit codes.
 */

/** What a failure means to a script; stable, printed as `error.code` in JSON. */
export type ErrorCode =
  | "usage"
  | "failed"
  | "timed_out"
  | "not_permitted"
  | "unreachable"
  | "refused"
  | "interrupted"
  | "unknown"
  | "busy"
  | "state_file"
  | "internal";

/** Says whether a message says what to do already: that stands in brackets at its end. */
export function hasAdvice(message: string): boolean {
  return message.endsWith(")");
}

/** What was found, without what to do: its brackets at the end are left out. */
export function withoutAdvice(message: string): string {
  return message.replace(/ \([^()]*(?:\([^()]*\)[^()]*)*\)$/, "");
}

/** Adds what to do to what was found; what says that itself gets no second advice. */
export function withAdvice(found: string, advice: string): string {
  return hasAdvice(found) ? found : `${found} (${advice})`;
}

/** Base of all failures made for people. */
export class AppError extends Error {
  override readonly name: string = "AppError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The command line, a setting or a value in it makes no sense. Nothing was done.
 *
 * With `addWords`, the same command line with these words added is what to do: `program.ts` adds that
 * line to the message as advice.
 */
export class UsageError extends AppError {
  override readonly name = "UsageError";
  readonly addWords: readonly string[];

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly addWords?: readonly string[] } = {},
  ) {
    super("usage", message, options);
    this.addWords = options.addWords ?? [];
  }
}

/** Nothing that speaks SwarmUI's language answered: refused, hung, cut off, or another program. */
export class ServerUnreachableError extends AppError {
  override readonly name: string = "ServerUnreachableError";

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super("unreachable", message, options);
  }
}

/**
 * A connection ended before what was asked for over it was over: the server may be working on it, and
 * what came of it may be had another way.
 */
export class ConnectionLostError extends ServerUnreachableError {
  override readonly name = "ConnectionLostError";
  /** What ended it, in lower case: the part of the message that is not the action. */
  readonly found: string;

  constructor(action: string, found: string, advice?: string) {
    super(`${action}: ${found}${advice === undefined ? "" : ` (${advice})`}`);
    this.found = found;
  }
}

/** The server requires a login, a key or a right that was not given. */
export class ServerRefusedError extends AppError {
  override readonly name = "ServerRefusedError";

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super("refused", message, options);
  }
}

/** The server understood and said no; `message` carries the server's own words. */
export class ServerError extends AppError {
  override readonly name = "ServerError";
  /** SwarmUI's `error_id`, when it gave one. */
  readonly errorId: string | null;

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly errorId?: string | null } = {},
  ) {
    super("failed", message, options);
    this.errorId = options.errorId ?? null;
  }
}

/** A Deno permission is missing; `needs` is the flag that grants it. */
export class PermissionError extends AppError {
  override readonly name = "PermissionError";
  readonly needs: string;

  constructor(message: string, needs: string) {
    super("not_permitted", message);
    this.needs = needs;
  }
}

/** A state file could not be read, understood or written. The file itself is left as it was. */
export class StateFileError extends AppError {
  override readonly name = "StateFileError";

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super("state_file", message, options);
  }
}

/**
 * Whoever read standard output has gone (`| head -1`). Nobody needs to be told: the program ends
 * quietly with exit code 0.
 */
export class OutputClosedError extends Error {
  override readonly name = "OutputClosedError";
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "the system does not permit it"],
  ["ENOENT", "no such file or directory"],
  ["ENOTDIR", "part of its path is not a directory"],
  ["EISDIR", "it is a directory"],
  ["ENOSPC", "no space left on the device"],
  ["EDQUOT", "the disk quota is used up"],
  ["EROFS", "the file system is read-only"],
  ["ELOOP", "its symbolic links lead in a circle"],
  ["ENOLCK", "the file system has no locks"],
  ["ENOTSUP", "the file system has no locks"],
  ["EOPNOTSUPP", "the file system has no locks"],
  ["EMFILE", "too many open files"],
  ["EIO", "the device failed"],
]);

/** Says why the system refused, in a few words without a path; one line whatever was thrown. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const known = REASONS.get(code);
  if (known !== undefined) return known;
  // Deno's permission was there, and yet it refused; its own advice is to allow all, which nobody needs.
  if (error.name === "NotCapable") {
    return "Deno does not let programs use the system's own directories";
  }
  // `Text (os error 5): open 'path'`, and a stack below it where RUST_BACKTRACE is set.
  const [first = ""] = error.message.split("\n");
  const words = first.replace(/ \(os error \d+\).*$/, "").replace(/\.$/, "");
  return words.slice(0, 1).toLowerCase() + words.slice(1);
}
