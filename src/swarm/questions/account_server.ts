/** Logging in and out: the port `AccountServer` (`swarmui-protocol.md §1.5, §20.8`). */
import { ServerError, ServerRefusedError } from "../../errors.ts";
import type {
  AccountServer,
  Admission,
  StoredLogin,
  TokenEnd,
} from "../../generation/server/account.ts";
import type { ServerSession } from "../../generation/session.ts";
import { hiderOf } from "../../hide_secrets.ts";
import type { JsonObject } from "../../json_object.ts";
import { call } from "../http/call.ts";
import { credentialsHash } from "../http/credentials.ts";
import type { SwarmOptions } from "../http/swarm_options.ts";
import { Transport } from "../http/transport.ts";
import { type CallFailure, type Outcome, withoutSecrets } from "../wire/failure.ts";
import { toError, withServerAdvice } from "../wire/failure_error.ts";
import { decodeSession } from "../wire/server_answers.ts";

/** SwarmUI's tokens have 10 to 1000 characters and three parts. */
const LONGEST_TOKEN = 1_000;
/** The largest number of permissions read from an answer; SwarmUI has about 70. */
const MOST_PERMISSIONS = 1_000;

/**
 * Makes the account functions of a server. Needs `--allow-net` for the server.
 *
 * @param options Its token is not used.
 * @throws {UsageError} If the address or the credentials cannot be used.
 */
export function createAccountServer(options: SwarmOptions): AccountServer {
  return new SwarmAccounts({ ...options, token: null });
}

class SwarmAccounts implements AccountServer {
  readonly #options: SwarmOptions;
  readonly #transport: Transport;

  constructor(options: SwarmOptions) {
    this.#options = options;
    this.#transport = new Transport(options);
  }

  get url(): string {
    return this.#transport.url;
  }

  credentialsHash(token: string): Promise<string> {
    return credentialsHash({ ...this.#options, token });
  }

  async enter(token: string | null, signal: AbortSignal): Promise<Admission> {
    const entered = await this.#enter(token, signal);
    if (entered === null) return { isAdmitted: false };
    const { session, permissions } = entered;
    if (token !== null) {
      // The server keeps the session in any case, so the next question can use it.
      const key = { serverUrl: this.url, credentialsHash: await this.credentialsHash(token) };
      await this.#options.cache?.save(key, { session, offSince: new Map() });
    }
    return { isAdmitted: true, user: session.userId, permissions };
  }

  async logIn(
    { name, password }: { readonly name: string; readonly password: string },
    signal: AbortSignal,
  ): Promise<string> {
    const action = `Cannot log in to ${this.url} as "${name}"`;
    const hash = await passwordHash(name, password);
    let token: string | null = null;
    const outcome = await call(this.#transport, "Login", {
      body: { username: name, password: hash },
      timeoutMs: this.#options.requestTimeoutMs,
      signal,
      onHeaders: (headers) => token = tokenOf(headers),
    });
    if (!outcome.ok) {
      const hide = hiderOf([hash, password]);
      throw loginError(hide === null ? outcome : withoutSecrets(outcome, hide), action);
    }
    if (token === null) {
      throw new ServerError(
        `${action}: the server took the password, but sent no cookie swarm_token (does a gateway ` +
          "before it take cookies out?)",
      );
    }
    return token;
  }

  async endToken(login: StoredLogin, signal: AbortSignal): Promise<TokenEnd> {
    const action = `Cannot end the login of "${login.user}" on ${this.url}`;
    const token = login.reveal();
    const entered = await this.#enter(token, signal, action);
    if (entered === null) return "was_invalid";
    const outcome = await call(this.#with(token), "RevokeMyAuthToken", {
      session: entered.session,
      body: { tokenId: token.split(".")[1] ?? "" },
      timeoutMs: this.#options.requestTimeoutMs,
      signal,
    });
    if (outcome.ok) return "ended";
    if (/not enabled/i.test(outcome.words ?? "")) return "not_managed";
    const { userId } = entered.session;
    if (userId !== null && userId !== login.user) {
      throw new ServerRefusedError(
        `${action}: the server takes this machine for its user "${userId}", whoever logs in (end ` +
          "the token in SwarmUI itself, as that user)",
      );
    }
    // Somebody else ended it at the same time.
    if (/^invalid token id\b/i.test(outcome.words ?? "")) return "was_invalid";
    throw toError(withServerAdvice(outcome), action);
  }

  /** A new session and its permissions; `null`: a login is required. */
  async #enter(
    token: string | null,
    signal: AbortSignal,
    action = `Cannot ask ${this.url} about the login`,
  ): Promise<{ readonly session: ServerSession; readonly permissions: Permissions } | null> {
    const { clock, requestTimeoutMs } = this.#options;
    const transport = this.#with(token);
    const told = await call(transport, "GetNewSession", { timeoutMs: requestTimeoutMs, signal });
    if (isLoginRequired(told)) return null;
    const made = { serverUrl: this.url, createdAt: clock.now() };
    const session = told.ok ? decodeSession(told.value, made) : told;
    if (!session.ok) throw toError(withServerAdvice(session), action);
    return { session: session.value, permissions: told.ok ? permissionsOf(told.value) : null };
  }

  #with(token: string | null): Transport {
    return token === null ? this.#transport : new Transport({ ...this.#options, token });
  }
}

type Permissions = readonly string[] | null;

/** SwarmUI says so in its answer; others that refuse (a header lock, a gateway) do not. */
function isLoginRequired(outcome: Outcome<JsonObject>): boolean {
  return !outcome.ok && outcome.reason === "refused" && outcome.words !== undefined;
}

function permissionsOf({ permissions }: JsonObject): Permissions {
  if (!Array.isArray(permissions)) return null;
  return permissions.slice(0, MOST_PERMISSIONS).filter((one) => typeof one === "string");
}

/** Lower-case hex, computed with the name in lower case (`swarmui-protocol.md §20.8`). */
async function passwordHash(name: string, password: string): Promise<string> {
  const text = `swarmclientpw:${name.toLowerCase()}:${password}`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The token in an answer's cookies; `null` if there is none that could be a token. */
function tokenOf(headers: Headers): string | null {
  for (const cookie of headers.getSetCookie()) {
    const [, token] = /^\s*swarm_token=([^;]*)/.exec(cookie) ?? [];
    if (token !== undefined && isToken(token)) return token;
  }
  return null;
}

function isToken(token: string): boolean {
  return token.length <= LONGEST_TOKEN && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

function loginError(failed: CallFailure, action: string): Error {
  switch (failed.errorId) {
    case "invalid_login":
      return new ServerRefusedError(
        `${action}: the name or the password is wrong (the server does not say which)`,
      );
    case "ratelimit":
      return new ServerRefusedError(
        `${action}: too many logins within a minute, right or wrong (wait a minute and try again)`,
      );
    default:
      return toError(withServerAdvice(failed), action);
  }
}
