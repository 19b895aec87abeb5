/**
 * Answers from outside. A question without an answer is a value, never an exception and never a
 * zero; its reason ends up in the evidence.
 */

/** Why a question was not answered. */
export type NoAnswerReason =
  /** A Deno permission is missing; `needs` is the flag. */
  | "permission"
  /** A setting of this server makes no sense, so that it was not asked. */
  | "setting"
  /** The server refused this user; `needs` names SwarmUI's permission. */
  | "not_permitted"
  /** The server requires a login (an account's token) or a header (`Network.RequiredAuthorization`). */
  | "refused"
  /** The server is too old to know the route. */
  | "not_supported"
  /** No connection. */
  | "unreachable"
  /** No complete answer before the deadline. */
  | "timeout"
  /** Something answered that is not SwarmUI (a web page, a redirect elsewhere). */
  | "not_swarmui"
  /** SwarmUI's answer could not be understood, or was longer than the limit. */
  | "protocol"
  /** SwarmUI answered with an error of its own. */
  | "server_error"
  /** The question was not sent: something that it needs first had no answer, or has none yet. */
  | "not_asked"
  /** Anything else, e.g. a file that could not be read. */
  | "failed";

const WORDS: Readonly<Record<NoAnswerReason, string>> = {
  permission: "Deno does not allow it",
  setting: "a setting makes no sense",
  not_permitted: "this account may not ask",
  refused: "the server refused",
  not_supported: "the server is too old to tell",
  unreachable: "no connection",
  timeout: "no answer in time",
  not_swarmui: "what answers is not SwarmUI",
  protocol: "the answer could not be understood",
  server_error: "the server failed",
  not_asked: "not asked",
  failed: "it failed",
};

/** The reason in words for people, if nothing more is known. */
export function reasonText(reason: NoAnswerReason): string {
  return WORDS[reason];
}

/**
 * Why there is no answer, in words for people: the message, else the reason. May hold foreign text.
 */
export function foundText(
  silent: { readonly reason?: NoAnswerReason; readonly message?: string } | undefined,
): string {
  const { message, reason } = silent ?? {};
  return message ?? (reason === undefined ? "no answer" : reasonText(reason));
}

/** Reasons that only a person can change: a right, an old server, a login, a Deno grant, a setting. */
const LASTING: ReadonlySet<NoAnswerReason> = new Set([
  "permission",
  "setting",
  "not_permitted",
  "refused",
  "not_supported",
]);

/** Says whether only a person can change the reason for which a question has no answer. */
export function isLasting(reason: NoAnswerReason | undefined): boolean {
  return reason !== undefined && LASTING.has(reason);
}

/** What to do if a server as a whole gave no answer; `null`: there is no general advice. */
export function serverAdvice(reason: NoAnswerReason | undefined): string | null {
  switch (reason) {
    case "timeout":
      return "is it busy or stopped? --request-timeout allows more time";
    case "not_swarmui":
    case "protocol":
      return "give SwarmUI's own address with --api-url";
    case "unreachable":
      return "start SwarmUI, or give its address with --api-url";
    default:
      return null;
  }
}

/** A server or gateway that had too much to do, or a gateway without its server, for the moment. */
export interface PutOff {
  /** The HTTP status, such as 429 or 503. */
  readonly status: number;
  /** When to ask again, in milliseconds from the answer; `null`: it does not say. */
  readonly retryAfterMs: number | null;
}

/** A question without an answer. */
export interface NoAnswer {
  readonly answered: false;
  readonly reason: NoAnswerReason;
  /** What would help: a Deno flag (`--allow-net=…`) or `permission <SwarmUI permission id>`. */
  readonly needs?: string;
  /** For people: the words of the server or the system. Foreign text, not escaped yet. */
  readonly message?: string;
  /** Set if the HTTP status of the answer is one that passes by itself. */
  readonly putOff?: PutOff;
  readonly elapsedMs: number;
}

/** The answer to a question. `elapsedMs`: from asking until it was complete. */
export type Answer<T> =
  | { readonly answered: true; readonly value: T; readonly elapsedMs: number }
  | NoAnswer;
