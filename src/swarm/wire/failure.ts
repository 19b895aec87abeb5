/** How a call to the server can fail, as a value and as an answer. */
import { shortened } from "../../cut_text.ts";
import type { NoAnswer, NoAnswerReason, PutOff } from "../../detection/answer.ts";
import type { HideSecrets } from "../../hide_secrets.ts";

/** A call without a usable answer. */
export interface CallFailure {
  readonly ok: false;
  readonly reason: NoAnswerReason;
  /** What was found, for people. Holds no secret of this user; may hold foreign text. */
  readonly message: string;
  /** A Deno flag or `permission <SwarmUI permission id>`. */
  readonly needs?: string;
  /** SwarmUI's `error_id`, when it gave one. */
  readonly errorId: string | null;
  /** The part of `message` that is the server's own words. */
  readonly words?: string;
  /** Set if the HTTP status of the answer is one that passes by itself. */
  readonly putOff?: PutOff;
  /** The HTTP status with which a WebSocket was refused. */
  readonly refusedWith?: number;
}

/** A value, or why there is none. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | CallFailure;

/** Makes a failure. */
export function failure(
  reason: NoAnswerReason,
  message: string,
  more: {
    readonly needs?: string;
    readonly errorId?: string | null;
    readonly words?: string;
    readonly putOff?: PutOff;
  } = {},
): CallFailure {
  const { needs, errorId = null, words, putOff } = more;
  return {
    ok: false,
    reason,
    message,
    ...(needs === undefined ? {} : { needs }),
    errorId,
    ...(words === undefined ? {} : { words }),
    ...(putOff === undefined ? {} : { putOff }),
  };
}

/** The longest text of a server that is shown, in UTF-16 units. */
const MAX_WORDS = 2000;

/**
 * The same failure with secrets removed from the server's words, which are shortened afterwards:
 * half a secret would not be found.
 */
export function withoutSecrets(failed: CallFailure, hide: HideSecrets): CallFailure {
  const { message, words } = failed;
  if (words === undefined) return failed;
  const shown = shortened(hide(words), MAX_WORDS);
  // As a function: in a replacement text, "$&" has a meaning.
  return { ...failed, message: message.replace(words, () => shown), words: shown };
}

/** Takes a session's id out of a text. */
export function hideSession(sessionId: string): HideSecrets {
  return (text) => text.replaceAll(sessionId, "<session>");
}

/** Says whether the server does not know the session it was asked with (`swarmui-protocol.md §2.2`). */
export function isLostSession(outcome: Outcome<unknown>): boolean {
  return !outcome.ok && outcome.errorId === "invalid_session_id";
}

/** A failure as the answer to a question. */
export function toNoAnswer(failed: CallFailure, elapsedMs: number): NoAnswer {
  const { reason, message, needs, putOff } = failed;
  return {
    answered: false,
    reason,
    message,
    ...(needs === undefined ? {} : { needs }),
    ...(putOff === undefined ? {} : { putOff }),
    elapsedMs,
  };
}
