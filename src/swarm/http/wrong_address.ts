/**
 * Explains what answers at an address if it is not SwarmUI, as far as this can be seen, and which
 * address to try. Loaded only when that happens. Pure.
 */
import { hasAdvice } from "../../errors.ts";
import { GATEWAY_ADVICE } from "../wire/api_reply.ts";
import { type CallFailure, failure } from "../wire/failure.ts";
import type { Reply } from "../wire/plain_reply.ts";
import type { RouteName } from "../wire/routes.ts";

/**
 * The beginnings of SwarmUI's own paths (`swarmui-protocol.md §0, §2.4`): none of them is its base
 * URL.
 */
const OWN_PATHS =
  /\/(?:api|text2image|comfybackenddirect|login|install|error|view|viewspecial|output|audio|user|server)(?:\/.*)?$/i;
/** Parts of addresses where gateways ask for a login. */
const LOGIN_PATH = /log-?[io]n|sign-?in|auth|sso|saml|oidc|oauth/i;
/** What servers answer to plain HTTP on a TLS port. */
const WANTS_TLS = /HTTP request (?:was sent )?to (?:an )?HTTPS/i;

/**
 * Adds to the failure `not_swarmui` what the answer and the address show.
 *
 * @param from.serverUrl The base URL that was asked.
 */
export function explainWrongAddress(
  failed: CallFailure,
  { reply, serverUrl, route }: {
    readonly reply: Reply;
    readonly serverUrl: string;
    readonly route: RouteName;
  },
): CallFailure {
  if (hasAdvice(failed.message)) return failed;
  const { found, advice } = explain(reply, { serverUrl, route });
  const message = found ?? failed.message;
  return failure("not_swarmui", advice === null ? message : `${message} (${advice})`);
}

/** `null`: there is nothing better to say than what was found, or than to check the address. */
interface Explanation {
  readonly found: string | null;
  readonly advice: string | null;
}

function explain(
  { status, location, text }: Reply,
  asked: { readonly serverUrl: string; readonly route: RouteName },
): Explanation {
  if (status >= 300 && status < 400 && location !== null) return explainRedirect(location, asked);
  const { serverUrl } = asked;
  if (serverUrl.startsWith("http:") && WANTS_TLS.test(text)) {
    return { found: "it speaks TLS", advice: `try --api-url https:${serverUrl.slice(5)}` };
  }
  if (/<input[^>]+type=["']?password/i.test(text)) {
    return { found: "a login page answers, not SwarmUI's API", advice: GATEWAY_ADVICE };
  }
  return { found: null, advice: adviseAddress(serverUrl) };
}

/** Redirects to SwarmUI's own error pages have been handled before. */
function explainRedirect(location: URL, { serverUrl, route }: {
  readonly serverUrl: string;
  readonly route: RouteName;
}): Explanation {
  // Without query and user info, which may hold secrets.
  const to = location.origin + location.pathname;
  const call = `/API/${route}`;
  const isCall = to.toLowerCase().endsWith(call.toLowerCase());
  const base = isCall ? to.slice(0, -call.length) : null;
  if (base === serverUrl) {
    return {
      found:
        "it redirects to the very address that was asked, as gateways do that require a login " +
        "or a header",
      advice: GATEWAY_ADVICE,
    };
  }
  if (base !== null) return { found: `it redirects to ${base}`, advice: `try --api-url ${base}` };
  if (/\/Error\/\w+$/i.test(location.pathname)) {
    return { found: null, advice: adviseAddress(serverUrl) };
  }
  return LOGIN_PATH.test(location.host + location.pathname)
    ? { found: `it redirects to a login at ${to}`, advice: GATEWAY_ADVICE }
    : { found: `it redirects to ${to}`, advice: adviseAddress(serverUrl) };
}

function adviseAddress(serverUrl: string): string | null {
  const { origin, pathname } = new URL(serverUrl);
  if (pathname === "/") return null;
  const root = origin + pathname.replace(OWN_PATHS, "");
  return root === serverUrl
    ? `is the path right? try --api-url ${origin}`
    : `try --api-url ${root}`;
}
