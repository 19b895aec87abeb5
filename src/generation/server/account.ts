/** Accounts of a server, the stored logins of this user, and the ports to both. */

/**
 * A stored login. Its token is hidden so that printing, inspecting or serialising the object cannot
 * reveal it.
 */
export class StoredLogin {
  readonly #token: string;
  /** Normalised base URL of the one server that may be sent the token. */
  readonly serverUrl: string;
  /** The account, as the server calls it. */
  readonly user: string;
  /** When the user logged in, epoch milliseconds. */
  readonly createdAt: number;

  constructor(token: string, about: {
    readonly serverUrl: string;
    readonly user: string;
    readonly createdAt: number;
  }) {
    this.#token = token;
    this.serverUrl = about.serverUrl;
    this.user = about.user;
    this.createdAt = about.createdAt;
  }

  /**
   * The token itself: only for the cookie sent to `serverUrl`, and for a private file (mode 0600).
   */
  reveal(): string {
    return this.#token;
  }
}

/** The digest of the credentials that are sent to a server together with a token. */
export type HashOf = (token: string) => Promise<string>;

/** Where this user's logins are stored, one for each server. */
export interface LoginStore {
  /**
   * Makes sure that a login can be stored.
   *
   * @throws {AppError} If it cannot.
   */
  prepare(): Promise<void>;
  /**
   * The login of a server; `null` if there is none.
   *
   * @throws {AppError} If the stored login cannot be read, or may be somebody else's.
   */
  find(serverUrl: string): Promise<StoredLogin | null>;
  /** All logins, by their servers; those that cannot be read are left out. */
  list(): Promise<readonly StoredLogin[]>;
  /**
   * Stores a login in place of the server's old one, and removes what was stored for that one as
   * `forget()` does. Of several processes that do this at once, each gets another old one.
   *
   * @returns The old one, whose token is still valid; `null`: there was none.
   * @throws {AppError} If it cannot be written.
   */
  replace(login: StoredLogin, hashOf: HashOf): Promise<StoredLogin | null>;
  /**
   * Removes a login, unless another one has taken its place, and what was stored about the server
   * with it: sessions for questions, names.
   *
   * @throws {AppError} If it cannot be removed.
   */
  forget(login: StoredLogin, hashOf: HashOf): Promise<void>;
}

/** Whether a server accepts somebody. */
export type Admission =
  | {
    readonly isAdmitted: true;
    /** The user's name; `null`: the server did not say. */
    readonly user: string | null;
    /** SwarmUI's permission ids, `*` for all; `null`: the server did not say. */
    readonly permissions: readonly string[] | null;
  }
  /** A login is required: there was no token, or none that is valid. */
  | { readonly isAdmitted: false };

/** What happened to a token that was to be ended. */
export type TokenEnd =
  /** The server ended it. */
  | "ended"
  /** It was not valid any more. */
  | "was_invalid"
  /**
   * The server requires no login now, and then it ends no tokens; this one would be valid again
   * once it requires logins.
   */
  | "not_managed";

/**
 * A server's functions for accounts. All of them can throw an `AppError` that has nothing to do
 * with accounts (no answer, a header lock, a missing permission), and the reason of the signal.
 */
export interface AccountServer {
  /** Normalised base URL. */
  readonly url: string;
  /** A digest of the configured credentials together with a token. */
  credentialsHash(token: string): Promise<string>;
  /**
   * Asks whether the server accepts us; each call makes a session that the server keeps. @param
   * token `null`: none.
   */
  enter(token: string | null, signal: AbortSignal): Promise<Admission>;
  /**
   * Logs in. The password leaves this process only hashed, as SwarmUI wants it.
   *
   * @returns The token.
   * @throws {AppError} If the server refuses it.
   */
  logIn(
    account: { readonly name: string; readonly password: string },
    signal: AbortSignal,
  ): Promise<string>;
  /** Ends a login's token on the server; sessions that were made with it remain valid there. */
  endToken(login: StoredLogin, signal: AbortSignal): Promise<TokenEnd>;
}
