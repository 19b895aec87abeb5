/** Users, with and without accounts (`swarmui-protocol.md §1.5`). */
import type { Settings } from "../options.ts";
import { rightsOfRole } from "./roles.ts";

/** A preset as GetMyUserData lists it (`swarmui-protocol.md §20.9`). */
export interface Preset {
  readonly author: string;
  readonly title: string;
  readonly description: string;
  readonly preview_image: string;
  readonly is_starred: boolean;
  /** The parameters, as text; `{value}` stands for what the request has. */
  readonly param_map: Readonly<Record<string, string>>;
}

const FIRST_REQUEST_ID = 1_001;

/** A user. */
export class User {
  readonly name: string;
  /** By title in lower case: SwarmUI does not look at the case. */
  readonly presets = new Map<string, Preset>();
  /** Epoch milliseconds of the last call. */
  lastActiveMs = 0;
  /** Its rights at this moment; new ones are valid at once for all its sessions. */
  rights: readonly string[];
  #nextRequestId = FIRST_REQUEST_ID;
  #minute = "";
  #requestsInMinute = 0;

  constructor(name: string, rights: readonly string[]) {
    this.name = name;
    this.rights = rights;
  }

  /** Says whether it has a right; `*` among them means all. */
  may(right: string): boolean {
    return this.rights.includes("*") || this.rights.includes(right);
  }

  /** The id of its next request: 1001, 1002, … */
  nextRequestId(): string {
    return String(this.#nextRequestId++);
  }

  /** Counts its requests within a minute; part of the names of pictures (§3.4). */
  nextNumberInMinute(minute: string): number {
    this.#requestsInMinute = minute === this.#minute ? this.#requestsInMinute + 1 : 1;
    this.#minute = minute;
    return this.#requestsInMinute;
  }
}

/** Who is known to the server. */
export class Users {
  readonly #users = new Map<string, User>();
  readonly #passwords = new Map<string, string>();
  readonly #tokens = new Map<string, User>();
  readonly #defaultRights: readonly string[];
  /** Whether a login is required. */
  readonly hasAccounts: boolean;

  constructor(options: Pick<Settings, "role" | "permissions" | "accounts">) {
    this.#defaultRights = options.permissions ?? rightsOfRole(options.role);
    this.hasAccounts = options.accounts.length > 0;
    if (!this.hasAccounts) this.named("local");
    for (const account of options.accounts) {
      const rights = rightsOfRole(account.role ?? "user");
      const user = new User(account.name, rights);
      this.#users.set(account.name, user);
      if (account.password !== undefined) this.#passwords.set(account.name, account.password);
      this.#tokens.set(account.token ?? newToken(user), user);
    }
  }

  /** All users. */
  list(): readonly User[] {
    return [...this.#users.values()];
  }

  /** The user with a name; `null` if there is none. */
  find(name: string): User | null {
    return this.#users.get(name) ?? null;
  }

  /** The user with a name, made if need be: without accounts anybody may be anybody. */
  named(name: string): User {
    const user = this.#users.get(name) ?? new User(name, this.#defaultRights);
    this.#users.set(name, user);
    return user;
  }

  /** Who a request comes from, by cookie or header; `null` if it may not come in. */
  ofRequest(headers: Headers): User | null {
    if (!this.hasAccounts) return this.named(headers.get("x-swarm-user_id") ?? "local");
    return this.#tokens.get(swarmToken(headers)) ?? null;
  }

  /** Gives a user a new token. */
  issueToken(user: User): string {
    const token = newToken(user);
    this.#tokens.set(token, user);
    return token;
  }

  /** A valid token of a user; `null` if it has none. */
  tokenOf(name: string): string | null {
    for (const [token, user] of this.#tokens) if (user.name === name) return token;
    return null;
  }

  /** Says whether a request carries a valid token. */
  hasToken(headers: Headers): boolean {
    return this.#tokens.has(swarmToken(headers));
  }

  /** Checks a password in the two forms that SwarmUI takes. */
  async login(name: string, password: string): Promise<User | null> {
    const known = this.#passwords.get(name);
    if (known === undefined) return null;
    const plain = `swarmclientpw:${name}:${known}`;
    const bytes = new TextEncoder().encode(plain);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    const isRight = password === hash || password === `__swarmdoprehash:${plain}`;
    return isRight ? this.find(name) : null;
  }
}

function swarmToken(headers: Headers): string {
  const cookies = (headers.get("cookie") ?? "").split(";").map((cookie) => cookie.trim());
  return cookies.find((cookie) => cookie.startsWith("swarm_token="))?.slice(12) ?? "";
}

function newToken(user: User): string {
  const name = new TextEncoder().encode(user.name).toHex();
  const [id, secret] = [0, 1].map(() => crypto.randomUUID().replaceAll("-", ""));
  return `${name}.${id}.${secret}`;
}
