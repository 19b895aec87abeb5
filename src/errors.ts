/**
 * The failures that a user can meet, and plain words for what the system says of them. Any other
 * error that is thrown is a bug of this program.
 *
 * A message is one line: what was tried, what was found, what to do. It starts with a capital
 * letter, has no full stop at its end, and never holds a session id, a key or a token. Only
 * `cli/exit.ts` turns these errors into exit codes.
 */

/** The kind of a failure, for scripts. Stable; printed as `error.code` in JSON. */
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

/** Says whether a message already contains advice: it stands in brackets at the end. */
export function hasAdvice(message: string): boolean {
  return message.endsWith(")");
}

const ADVICE = / \(([^()]*(?:\([^()]*\)[^()]*)*)\)$/;

/** Removes the advice, that is the brackets at the end, from a message. */
export function withoutAdvice(message: string): string {
  return message.replace(ADVICE, "");
}

/**
 * Continues a message, so that the advice of both parts stands once, at the end of the whole.
 *
 * @param more What follows, with its punctuation: `; 0 of 1 image made`.
 */
export function continueMessage(message: string, more: string): string {
  const advice = [message, more].flatMap((part) => ADVICE.exec(part)?.[1] ?? []);
  const said = `${withoutAdvice(message)}${withoutAdvice(more)}`;
  return advice.length === 0 ? said : `${said} (${advice.join("; ")})`;
}

/** Adds advice to a message in brackets, unless it contains some already. */
export function withAdvice(found: string, advice: string): string {
  return hasAdvice(found) ? found : `${found} (${advice})`;
}

/** Base class of all failures that are shown to users. */
export class AppError extends Error {
  override readonly name: string = "AppError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The command line, a setting, or a value in it is wrong. Nothing was done.
 *
 * `addWords`: the same command line with these words added would work. `report_result.ts` prints
 * that line as advice.
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

/**
 * No SwarmUI answered: the connection was refused or cut off, nothing answered in time, or another
 * program answered.
 */
export class ServerUnreachableError extends AppError {
  override readonly name: string = "ServerUnreachableError";
  /** When to ask again, in milliseconds from the answer; `null`: it does not say. */
  readonly retryAfterMs: number | null;

  constructor(message: string, options: { readonly retryAfterMs?: number | null } = {}) {
    super("unreachable", message);
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/**
 * A connection ended too early. The server may still be working on the request, and its result may
 * be available in another way.
 */
export class ConnectionLostError extends ServerUnreachableError {
  override readonly name = "ConnectionLostError";
  /** What ended the connection, in lower case, without the action that failed. */
  readonly found: string;

  constructor(action: string, found: string, advice?: string) {
    super(`${action}: ${found}${advice === undefined ? "" : ` (${advice})`}`);
    this.found = found;
  }
}

/** The server requires a login, a key or a right that was not given. */
export class ServerRefusedError extends AppError {
  override readonly name = "ServerRefusedError";

  constructor(message: string) {
    super("refused", message);
  }
}

/** The server understood the request and refused it; `message` holds the server's own words. */
export class ServerError extends AppError {
  override readonly name = "ServerError";

  constructor(message: string) {
    super("failed", message);
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
 * The reader of standard output has closed it (`| head -1`). This is not reported: the program ends
 * with exit code 0.
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

/**
 * Why the system refused something, in a few words without a path. Always one line, whatever was
 * thrown.
 */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const known = REASONS.get(code);
  if (known !== undefined) return known;
  // Deno refused in spite of the permission. Its own advice is to allow everything, which nobody
  // should do.
  if (error.name === "NotCapable") {
    return "Deno does not let programs use the system's own directories";
  }
  // Deno's text is `Text (os error 5): open 'path'`, followed by a stack if RUST_BACKTRACE is set.
  const [first = ""] = error.message.split("\n");
  const words = first.replace(/ \(os error \d+\).*$/, "").replace(/\.$/, "");
  return lowerFirst(words);
}

/**
 * Lowers the first letter of a sentence, so that it can be a part of another one. A first word with
 * more capitals is a name, such as `TLS` or `SwarmUI`, and stays as it is.
 */
export function lowerFirst(text: string): string {
  return /^[A-Z](?![A-Za-z]*[A-Z])/.test(text)
    ? text.slice(0, 1).toLowerCase() + text.slice(1)
    : text;
}
