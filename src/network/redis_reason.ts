/** Says why Redis did not do what was asked, in our words where its own say little. Pure. */
import { cutText } from "../cut_text.ts";

/** No answer came in time. */
export class TooSlowError extends Error {
  override readonly name = "TooSlowError";

  /** @param attemptMs How long we waited, in milliseconds. */
  constructor(attemptMs: number) {
    super(`no answer in ${attemptMs / 1000} s`);
  }
}

/** How much of Redis's own message is shown, in UTF-16 units. */
const LONGEST = 120;

/** Redis says why, then cuts the connection; the client may lose what it said. */
const REFUSES =
  "it refuses the connection (its maxclients are reached, or it is in protected-mode)";

const REPLIES: readonly (readonly [RegExp, string])[] = [
  [/^WRONGPASS|invalid password|^ERR AUTH/, "it refuses the user name or the password"],
  [/^NOAUTH/, "it wants a password (put it into the address: redis://:PASSWORD@HOST)"],
  [
    /^NOPERM|user executing the script can't/,
    "its user may not do that (docs/teams.md has the rights that are needed)",
  ],
  [/^READONLY/, "it is a replica that can only be read (give the address of the main server)"],
  [/^OOM/, "its memory is full"],
  [/^LOADING/, "it is still loading its data"],
  [/^(?:MOVED|ASK|CROSSSLOT|CLUSTERDOWN)/, "it is a Redis Cluster, which cannot be used"],
  [/^MISCONF/, "it takes no changes, since it cannot save them to its disk"],
  [/^ERR max number of clients|^DENIED/, REFUSES],
  [/^ERR (?:DB index|invalid DB)/i, "it has no database of that number"],
];

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it cut the connection",
  EPIPE: "it cut the connection",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "its host name cannot be looked up just now",
  EHOSTUNREACH: "its host cannot be reached",
  ENETUNREACH: "its host cannot be reached",
  ETIMEDOUT: "its host does not answer",
};

/** The reason, in a few words on one line, without addresses and secrets. */
export function redisReason(error: unknown): string {
  if (!(error instanceof Error)) return shown(String(error));
  if (error instanceof TooSlowError) return error.message;
  const reply = REPLIES.find(([pattern]) => pattern.test(error.message));
  if (reply !== undefined) return reply[1];
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const known = CODES[code];
  if (known !== undefined) return known;
  if (/certificate|UnknownIssuer|self.signed/i.test(error.message)) {
    return `its TLS certificate is not trusted: ${shown(error.message)}`;
  }
  if (/closed|destroyed|disconnect/i.test(error.message)) return "it cut the connection";
  // An error that came before any question: the client looks for the question that it belongs to.
  if (error instanceof TypeError && error.message.includes("'reject'")) return REFUSES;
  // The client throws these when an answer has another shape than Redis gives it.
  const isStrange = error instanceof RangeError || error instanceof TypeError;
  if (isStrange || /RESP|protocol/i.test(error.message)) {
    return "what answers there is no Redis";
  }
  return shown(error.message);
}

/**
 * A message of Redis: in quotes, so that secrets in it are found and hidden, and without control
 * characters.
 */
function shown(text: string): string {
  const [line = ""] = text.replace(/"/g, "'").split("\n");
  // deno-lint-ignore no-control-regex
  return `"${cutText(line.replace(/[\x00-\x1f\x7f]/g, " "), { most: LONGEST }).text}"`;
}
