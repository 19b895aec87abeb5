/** Plain words for what goes wrong below HTTP and below the messages of a WebSocket. */
import { cutText } from "../../cut_text.ts";
import { type CallFailure, failure } from "../wire/failure.ts";

/** Deno 2.9.6's technical messages, and plain words for them. */
const WORDS:
  readonly (readonly [RegExp, string | ((found: string, ...parts: string[]) => string)])[] = [
    // Said by a SOCKS proxy about the server. Errors of a direct connection come from the system,
    // with a number.
    [
      /^(?:general failure|connection not allowed|(?:network|host) unreachable|connection refused|ttl expired|command not supported|address type not supported)$/i,
      (found) => `the proxy cannot reach the server: ${found.toLowerCase()}`,
    ],
    [/^Proxy server unreachable$/, "the proxy does not answer"],
    [/^proxy authentication required$|^No acceptable auth methods$/, "the proxy requires a login"],
    [/^unsuccessful tunnel$/, "the proxy refused to connect to the server"],
    [/^unexpected eof while tunneling$/, "the proxy closed the connection"],
    [/^Invalid response version$/, "the proxy does not speak SOCKS 5"],
    [
      /^fetch failed: Requests to port (\d+) are blocked$/i,
      (_found, port = "") =>
        `Deno, like browsers, never connects to port ${port} (use another port)`,
    ],
    [
      /^(?:dns error: (?:failed to lookup address information: )?|failed to lookup address information: )(.*)$/,
      (_found, why = "") =>
        /not known|no address/i.test(why)
          ? "DNS does not know this name"
          : `DNS gives no address: ${why}`,
    ],
    [/^tcp connect error: /, ""],
    [/^error sending request.*?: /, ""],
    [/ \(os error \d+\)/, ""],
    [
      /^(?:Failed opening CA file|Unable to add pem file to certificate store): (.*)$/,
      (_found, why = "") =>
        `Deno cannot read the file that DENO_CERT names: ${why.toLowerCase()} (name another, ` +
        "or unset DENO_CERT)",
    ],
    [/^invalid peer certificate: (.*)$/, (_found, problem = "") => certificateWords(problem)],
    [/^received corrupt message of type InvalidContentType$/, "it does not speak TLS"],
    [/^tls handshake eof$/, "the connection ended before TLS began"],
    [
      /^received fatal alert: (?:ProtocolVersion|HandshakeFailure)$/,
      "it supports no safe version of TLS (1.2 or 1.3 is needed)",
    ],
    [
      /^received fatal alert: CertificateRequired$/,
      "it requires a client certificate, which this tool cannot send",
    ],
    [/^invalid HTTP (?:version|status-code) parsed$/, "the answer cannot be read: it is not HTTP"],
    [
      /^invalid HTTP header parsed$/,
      "the answer cannot be read: one of its headers is malformed",
    ],
    [
      /^invalid content-length parsed$/,
      "the answer cannot be read: its Content-Length is malformed",
    ],
    [/^message head is too large$/, "the answer cannot be read: its headers are too long"],
    [/^error reading a body from connection$/, "the answer broke off"],
    [/^Unexpected EOF$/, "the connection ended"],
    [/^Frame too large$/, "a message is too long"],
    [/^Invalid UTF-8$/, "a message is not UTF-8"],
    [/^Invalid continuation frame$/, "a message is missing its beginning"],
    [/^Invalid fragment$/, "a message began before the previous one ended"],
    [
      /^(?:Reserved bits|Invalid value|Invalid close|Control frame|Ping frame).*$/,
      "a WebSocket frame is malformed",
    ],
  ];

/**
 * Turns an error of `fetch`, a body or `new WebSocket()` into a failure. Deno distinguishes them
 * only by the text of the cause, and some have no class. Errors of other classes are bugs of this
 * program.
 *
 * @throws The error itself, if its class is not one of the network's.
 */
export function networkProblem(error: unknown): CallFailure {
  if (error instanceof Deno.errors.NotCapable) {
    // The permission was there when it was checked; a more specific denial applies to the resolved
    // address.
    return failure("permission", "Deno does not allow connecting to the server", {
      needs: "--allow-net",
    });
  }
  if (error instanceof TypeError || isDenoError(error)) {
    const words = describe(error);
    // A SOCKS proxy needs its own permission, which Deno checks only when it connects.
    const host = /requires net access to "([^"]+)"/.exec(words)?.[1];
    return host === undefined
      ? failure("unreachable", words)
      : failure("permission", `Deno does not allow connecting to ${host}`, {
        needs: `--allow-net=${host}`,
      });
  }
  throw error;
}

function isDenoError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  // An unknown host or a missing route has no class of its own (Deno 2.9.6).
  return error.constructor === Error ||
    Object.values(Deno.errors).some((kind) => error instanceof kind);
}

function describe(error: Error): string {
  return inWords(error.cause instanceof Error ? error.cause.message : error.message);
}

/** Deno's message about a connection, in one plain line. */
export function inWords(text: string): string {
  // One line (the rest is a backtrace), without the names of the layers that passed it on.
  const line = (text.split("\n", 1)[0] ?? "").replace(/^.*client error \(\w+\): /, "");
  const said = WORDS.reduce(
    (words, [found, plain]) =>
      // The two kinds of replacement are two overloads of `replace()`.
      typeof plain === "string" ? words.replace(found, plain) : words.replace(found, plain),
    line,
  );
  if (said === "") return "the connection failed";
  // It stands in the middle of a sentence: "Connection refused" loses its capital, "TLS" and "Deno" keep it.
  const inside = said.replace(/^(?!Deno\b)[A-Z](?=[a-z])/, (first) => first.toLowerCase());
  return cutText(inside, { most: 300 }).text;
}

/** What is wrong with a certificate, and what to do (measured with Deno 2.9.6). */
function certificateWords(problem: string): string {
  const [seconds] = /(?<=not valid (?:after|before) )\d+/.exec(problem) ?? [];
  const day = seconds === undefined
    ? null
    : new Date(Number(seconds) * 1000).toISOString().slice(0, 10);
  if (/^(?:certificate )?expired/i.test(problem)) {
    return `its certificate expired${
      day === null ? "" : ` on ${day}`
    } (renew it; is this machine's ` +
      "clock right?)";
  }
  if (/^certificate not valid yet|^NotValidYet/.test(problem)) {
    return `its certificate is not valid before ${
      day ?? "a later day"
    } (is this machine's clock right?)`;
  }
  if (/^certificate not valid for name|^NotValidForName/.test(problem)) {
    const [, asked = "that name"] = /for name "([^"]*)"/.exec(problem) ?? [];
    const names = Array.from(
      problem.matchAll(/(?:DnsName|IpAddress)\("?([^")]+)"?\)/g),
      ([, name = ""]) => name,
    );
    return names.length === 0
      ? `its certificate is not for ${asked}: it names no host (a new one needs a subjectAltName)`
      : `its certificate is not for ${asked} but for ${
        names.slice(0, 3).join(", ")
      } (use that name ` +
        "in --api-url)";
  }
  switch (/\w+(?=\)*$)/.exec(problem)?.[0]) {
    case "UnknownIssuer":
      return "its certificate is not trusted: its CA is not known here (name the CA's file, or its own, with " +
        "DENO_CERT=FILE, or use the system's CAs with DENO_TLS_CA_STORE=system)";
    case "CaUsedAsEndEntity":
      return "its certificate is self-signed and marked as a CA, which Deno never takes for a " +
        "server's (make it anew with basicConstraints=CA:FALSE, then name it with DENO_CERT=FILE)";
    case "UnsupportedCertVersion":
      return "its certificate is of X.509 version 1 (make it anew in version 3, with a subjectAltName)";
    default:
      return `its certificate is not trusted: ${problem}`;
  }
}
