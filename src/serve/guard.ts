/**
 * Decides who may ask: the host names that a request may use, the pages that it may come from, and
 * the token that it must contain.
 */
import { AccessToken } from "./access_token.ts";

/** Why a request is not answered. */
export interface Refusal {
  /** HTTP status. */
  readonly status: 400 | 401 | 403 | 421;
  /** One line. */
  readonly message: string;
}

/**
 * Says why a request must not be answered, whatever token it has; `null`: there is no reason.
 *
 * A web page can make its own host name resolve to this machine (DNS rebinding); the request then
 * contains that name. So only configured names and plain addresses are accepted. Requests that
 * change something, and WebSockets, are refused if the browser says that they come from another
 * site.
 *
 * @param hostNames Accepted host names, besides `localhost` and addresses; upper or lower case.
 */
export function findIntrusion(request: Request, hostNames: readonly string[]): Refusal | null {
  const host = request.headers.get("host");
  const url = host === null ? null : URL.parse(`http://${host}`);
  if (url === null || url.host === "" || url.pathname !== "/" || url.username !== "") {
    return { status: 400, message: "Cannot answer: the request has no proper Host header" };
  }
  if (!isOwnName(url.hostname, hostNames)) {
    return {
      status: 421,
      message: `Cannot answer for the host ${url.hostname.slice(0, 100)}: it is not a known name ` +
        "of this server (start it with --allow-host and this name)",
    };
  }
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isRead && request.headers.get("upgrade") === null) return null;
  return isFromElsewhere(request, url.host)
    ? { status: 403, message: "Cannot answer: the request comes from a page of another site" }
    : null;
}

/** Whether the request contains the token, as a header or as the cookie. */
export async function isAdmitted(request: Request, token: AccessToken): Promise<boolean> {
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (bearer !== undefined) return await token.isToken(bearer);
  const cookie = cookieOf(request, AccessToken.COOKIE);
  return cookie !== null && await token.isCookie(cookie);
}

/** Whether a request contains anything that could be meant as a token. */
export function showsToken(request: Request): boolean {
  return request.headers.has("authorization") || cookieOf(request, AccessToken.COOKIE) !== null;
}

function isOwnName(hostname: string, names: readonly string[]): boolean {
  const isAddress = /^\d+\.\d+\.\d+\.\d+$/.test(hostname) || hostname.startsWith("[");
  return isAddress || hostname === "localhost" || hostname.endsWith(".localhost") ||
    names.some((name) => name.toLowerCase() === hostname);
}

function isFromElsewhere(request: Request, ownHost: string): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site === "cross-site" || site === "same-site") return true;
  const origin = request.headers.get("origin");
  return origin !== null && URL.parse(origin)?.host !== ownHost;
}

function cookieOf(request: Request, name: string): string | null {
  const cookies = (request.headers.get("cookie") ?? "").split(";").map((each) => each.trim());
  return cookies.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}
