/** Login tokens, and how often one can be asked for (`swarmui-protocol.md §20.8`). */
import type { JsonObject } from "../../json_object.ts";
import type { User } from "./user.ts";

const LIMIT_MS = 60_000;
const MOST_LOGINS = 5;
const SHORTEST_PASSWORD = 8;

interface Token {
  /** The text in the cookie: the user's name in hex, the id, and a secret. */
  readonly text: string;
  readonly user: User;
  readonly createdMs: number;
  /** The program that asked for it; for a token made by hand, its purpose. */
  readonly userAgent: string;
}

/** All tokens. They are valid until they are revoked. */
export class Tokens {
  readonly #tokens = new Map<string, Token>();

  /** Gives a user a token; a new one unless its text is given. */
  issue(user: User, about: {
    readonly createdMs: number;
    readonly userAgent: string;
    readonly text?: string | undefined;
  }): string {
    const { text = newToken(user), createdMs, userAgent } = about;
    this.#tokens.set(text, { text, user, createdMs, userAgent });
    return text;
  }

  /** The user of a request's token; `null` if it has no valid one. */
  userOf(headers: Headers): User | null {
    return this.#tokens.get(swarmToken(headers))?.user ?? null;
  }

  /** A valid token of a user; `null` if it has none. */
  of(name: string): string | null {
    return this.#all().find(({ user }) => user.name === name)?.text ?? null;
  }

  /** A user's tokens for `ListMyAuthTokens`, without their secrets. */
  list(user: User, headers: Headers): readonly JsonObject[] {
    return this.#all().filter((token) => token.user === user).map((token) => ({
      id: idOf(token.text),
      created: Math.floor(token.createdMs / 1_000),
      last_active: Math.floor(token.createdMs / 1_000),
      user_agent: token.userAgent,
      origin_address: "127.0.0.1",
      is_current: token.text === swarmToken(headers),
    }));
  }

  /** Makes one of a user's tokens invalid; its sessions stay. @returns Whether it existed. */
  revoke(user: User, id: string): boolean {
    const found = this.#all().find(({ text, user: owner }) => owner === user && idOf(text) === id);
    return found !== undefined && this.#tokens.delete(found.text);
  }

  #all(): readonly Token[] {
    return [...this.#tokens.values()];
  }
}

/** Five tries to log in a minute for everybody: all that is on loopback has one address. */
export class LoginLimit {
  #triedMs: readonly number[] = [];

  /**
   * Says whether there may be one more try, and counts it: successes too, those that are refused here
   * not. A password that is too short is looked at no further, and no try.
   */
  mayTry(password: string, nowMs: number): boolean {
    if (password.length < SHORTEST_PASSWORD) return true;
    this.#triedMs = this.#triedMs.filter((atMs) => nowMs - atMs < LIMIT_MS);
    if (this.#triedMs.length >= MOST_LOGINS) return false;
    this.#triedMs = [...this.#triedMs, nowMs];
    return true;
  }
}

function swarmToken(headers: Headers): string {
  const cookies = (headers.get("cookie") ?? "").split(";").map((cookie) => cookie.trim());
  return cookies.find((cookie) => cookie.startsWith("swarm_token="))?.slice(12) ?? "";
}

function idOf(token: string): string {
  return token.split(".")[1] ?? "";
}

function newToken(user: User): string {
  const name = new TextEncoder().encode(user.name).toHex();
  const [id, secret] = [0, 1].map(() => crypto.randomUUID().replaceAll("-", ""));
  return `${name}.${id}.${secret}`;
}
