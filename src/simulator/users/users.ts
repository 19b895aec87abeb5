/** The users that the server knows, with and without accounts (`swarmui-protocol.md §1.5`). */
import type { Settings } from "../options.ts";
import { rightsOfRole } from "./roles.ts";
import { LoginLimit, Tokens } from "./tokens.ts";
import { User } from "./user.ts";

/** Why a login is refused, by SwarmUI's `error_id`. */
export type LoginRefusal = "invalid_login" | "ratelimit";

/** The users that the server knows. */
export class Users {
  readonly tokens = new Tokens();
  /** Whether a login is required. */
  readonly hasAccounts: boolean;
  readonly #users = new Map<string, User>();
  readonly #passwords = new Map<User, string>();
  readonly #limit = new LoginLimit();
  readonly #defaultRights: readonly string[];
  readonly #allowsLocalhost: boolean;

  constructor(options: UsersOptions) {
    this.#defaultRights = options.permissions ?? rightsOfRole(options.role);
    this.#allowsLocalhost = options.allowsLocalhost;
    this.hasAccounts = options.requiresLogin ?? options.accounts.length > 0;
    if (!this.hasAccounts || this.#allowsLocalhost) this.named("local");
    for (const { name, role = "user", permissions, password, token } of options.accounts) {
      const user = new User(name.toLowerCase(), permissions ?? rightsOfRole(role));
      this.#users.set(user.name, user);
      if (password !== undefined) this.#passwords.set(user, password);
      this.tokens.issue(user, { text: token, createdMs: options.nowMs, userAgent: "simulator" });
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

  /**
   * The user with a name; it is made if needed, because without accounts anybody can be any user.
   */
  named(name: string): User {
    const user = this.#users.get(name) ?? new User(name, this.#defaultRights);
    this.#users.set(name, user);
    return user;
  }

  /** The user of a request, by cookie or header; `null` if it is not let in. */
  ofRequest(headers: Headers): User | null {
    if (!this.hasAccounts) return this.named(headers.get("x-swarm-user_id") ?? "local");
    if (this.#allowsLocalhost && !headers.has("x-forwarded-for")) return this.named("local");
    return this.tokens.userOf(headers);
  }

  /** Checks a password in the two forms that SwarmUI accepts; the name can be in any case. */
  async login(
    name: string,
    { password, nowMs }: { readonly password: string; readonly nowMs: number },
  ): Promise<User | LoginRefusal> {
    if (!this.#limit.mayTry(password, nowMs)) return "ratelimit";
    const user = this.find(name.toLowerCase());
    const known = user === null ? undefined : this.#passwords.get(user);
    if (user === null || known === undefined) return "invalid_login";
    const plain = `swarmclientpw:${user.name}:${known}`;
    const bytes = new TextEncoder().encode(plain);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    const isRight = password === hash || password === `__swarmdoprehash:${plain}`;
    return isRight ? user : "invalid_login";
  }
}

interface UsersOptions extends
  Pick<
    Settings,
    "role" | "permissions" | "accounts" | "requiresLogin" | "allowsLocalhost"
  > {
  /** When the accounts' tokens were made, epoch milliseconds. */
  readonly nowMs: number;
}
