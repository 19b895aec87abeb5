/** What went wrong below HTTP and the messages of a WebSocket, in words for people. */
import { type CallFailure, failure } from "../wire/failure.ts";

/** What Deno 2.9.6 says, where it says it for programmers. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^tcp connect error: /, ""],
  [/^error sending request.*?: /, ""],
  [/ \(os error \d+\)/, ""],
  [
    /^invalid peer certificate: UnknownIssuer$/,
    "its certificate is not trusted (name its CA with DENO_CERT=FILE)",
  ],
  [/^invalid peer certificate: /, "its certificate is not trusted: "],
  [
    /^received corrupt message of type InvalidContentType$/,
    "it does not speak TLS (http:// instead of https://?)",
  ],
  [/^invalid HTTP (?:version|status-code) parsed$/, "the answer cannot be read: it is not HTTP"],
  [
    /^invalid HTTP header parsed$/,
    "the answer cannot be read: a line of its head is no header",
  ],
  [/^invalid content-length parsed$/, "the answer cannot be read: its length cannot be told"],
  [/^message head is too large$/, "the answer cannot be read: its head is too long"],
  [/^error reading a body from connection$/, "the answer broke off"],
  [/^Unexpected EOF$/, "the connection ended"],
  [/^Frame too large$/, "a message is longer than is read at most"],
  [/^Invalid UTF-8$/, "a message is not UTF-8"],
  [/^Invalid continuation frame$/, "a message began in its middle"],
  [/^Invalid fragment$/, "a message began within another"],
  [
    /^(?:Reserved bits|Invalid value|Invalid close|Control frame|Ping frame).*$/,
    "a frame is not one of a WebSocket server",
  ],
];

/**
 * Turns what `fetch`, a body or `new WebSocket()` threw into a failure. Deno tells no kinds apart except
 * by the text of the cause, and gives some errors no class; what has another class is a bug of ours.
 *
 * @throws The error itself, if it is of another class than those of the network.
 */
export function networkProblem(error: unknown): CallFailure {
  if (error instanceof Deno.errors.NotCapable) {
    // The grant was there when it was looked up; a finer denial applies to the resolved address.
    return failure("permission", "Deno was not allowed to connect to the server", {
      needs: "--allow-net",
    });
  }
  if (error instanceof TypeError || isDenoError(error)) {
    return failure("unreachable", describe(error));
  }
  throw error;
}

function isDenoError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  // A host that is not known or has no route has no class of its own (Deno 2.9.6).
  return error.constructor === Error ||
    Object.values(Deno.errors).some((kind) => error instanceof kind);
}

function describe(error: Error): string {
  return inWords(error.cause instanceof Error ? error.cause.message : error.message);
}

/** What Deno says of a connection or of what came over it, as one line for people. */
export function inWords(text: string): string {
  // One line (more is a backtrace), without the layers of client that passed it on.
  const line = (text.split("\n", 1)[0] ?? "").replace(/^.*client error \(\w+\): /, "");
  const said = WORDS.reduce((words, [found, plain]) => words.replace(found, plain), line);
  return said === "" ? "the connection failed" : said.slice(0, 300);
}
