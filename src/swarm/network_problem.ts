/** What went wrong below HTTP, in words for people. */
import { type CallFailure, failure } from "./failure.ts";

const NO_TLS = "it does not speak TLS (http:// instead of https://?)";
const UNKNOWN_ISSUER = "its certificate is not trusted (name its CA with DENO_CERT=FILE)";

/**
 * Turns what `fetch`, `Deno.connect` or a read threw into a failure. Deno tells no kinds apart except
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
  const deepest = error.cause instanceof Error ? error.cause.message : error.message;
  // One line (more is a backtrace), without the layers of client that passed it on.
  const line = (deepest.split("\n", 1)[0] ?? "").replace(/^.*client error \(\w+\): /, "");
  const said = line
    .replace(/^tcp connect error: /, "")
    .replace(/^error sending request.*?: /, "")
    .replace(/ \(os error \d+\)/, "")
    .replace(/^invalid peer certificate: UnknownIssuer$/, UNKNOWN_ISSUER)
    .replace(/^invalid peer certificate: /, "its certificate is not trusted: ")
    .replace(/^received corrupt message of type InvalidContentType$/, NO_TLS);
  return said === "" ? "the connection failed" : said.slice(0, 300);
}
