/** Lets in whoever shows the token, and limits guessing. */
import type { Clock } from "../generation/clock.ts";
import { AccessToken } from "./access_token.ts";
import { refuse, withHeaders } from "./answers.ts";
import { isAdmitted, showsToken } from "./guard.ts";
import { RateLimit } from "./rate_limit.ts";

/** Wrong tokens of one address. */
const WRONG_TOKENS = { burst: 10, perSecond: 1 / 6 };
/** How long a browser keeps the cookie, in seconds. */
const COOKIE_SECONDS = 30 * 86_400;

/** See the module's page. */
export class Door {
  readonly #token: AccessToken | null;
  readonly #wrong: RateLimit;

  /** @param token What everybody must show; `null`: nothing. */
  constructor(token: string | null, clock: Clock) {
    this.#token = token === null ? null : new AccessToken(token);
    this.#wrong = new RateLimit(clock, WRONG_TOKENS);
  }

  /** Why a request of an address is not answered; `null`: it is. */
  async refusal(request: Request, address: string): Promise<Response | null> {
    if (this.#token === null) return null;
    const isShown = showsToken(request);
    // Somebody who guesses must not learn that a further guess was right.
    if (isShown && !this.#wrong.has(address)) return tooMany();
    if (await isAdmitted(request, this.#token)) return null;
    if (isShown) this.#wrong.take(address);
    return refuse(
      401,
      isShown
        ? "Cannot answer: the token is not the right one"
        : "Cannot answer: a token is needed (send the header Authorization: Bearer TOKEN)",
      { "WWW-Authenticate": 'Bearer realm="asset-generator"' },
    );
  }

  /**
   * Whether a token in a body is the right one, for those who can send no header. @returns `null`: it
   * is; else why the request is not answered.
   */
  async refusalOf(token: string, address: string): Promise<Response | null> {
    if (this.#token === null) return null;
    if (!this.#wrong.has(address)) return tooMany();
    if (await this.#token.isToken(token)) return null;
    this.#wrong.take(address);
    return refuse(401, "Cannot answer: the token is not the right one");
  }

  /** Answers the form of the page: with the cookie, and back to the page. */
  async logIn(token: string, address: string): Promise<Response> {
    const refusal = await this.refusalOf(token, address);
    if (refusal?.status === 429) return refusal;
    const cookie = this.#token === null || refusal !== null
      ? {}
      : { "Set-Cookie": `${AccessToken.COOKIE}=${await this.#token.cookie()}; ${COOKIE_RULES}` };
    const Location = refusal === null ? "./" : "./#wrong";
    return new Response(null, { status: 303, headers: withHeaders({ Location, ...cookie }) });
  }
}

const COOKIE_RULES = `HttpOnly; SameSite=Strict; Path=/; Max-Age=${COOKIE_SECONDS}`;

function tooMany(): Response {
  return refuse(429, "Cannot answer: too many wrong tokens", { "Retry-After": "60" });
}
