/** Accounts of a server, the logins of this user that are kept, and the ports to both. */

/**
 * A login that is kept. Its token is held so that printing, inspecting or serialising the object cannot
 * show it.
 */
export class StoredLogin {
  readonly #token: string;
  /** Normalised base URL of the one server that may be sent the token. */
  readonly serverUrl: string;
  /** The account, as the server calls it. */
  readonly user: string;
  /** Epoch milliseconds. */
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

  /** The token itself: only for the cookie to `serverUrl` and for a private file (mode 0600). */
  reveal(): string {
    return this.#token;
  }
}

/** Where this user's logins are kept, one for each server. */
export interface LoginStore {
  /**
   * Makes sure that a login can be kept.
   *
   * @throws {AppError} If it cannot.
   */
  prepare(): Promise<void>;
  /**
   * The login of a server; `null` if there is none.
   *
   * @throws {AppError} If what is kept cannot be read, or may be somebody else's.
   */
  find(serverUrl: string): Promise<StoredLogin | null>;
  /** Keeps a login in place of the server's old one. @throws {AppError} If it cannot be written. */
  keep(login: StoredLogin): Promise<void>;
  /**
   * Removes a login, and what was kept of the server for it: sessions for questions, names.
   *
   * @param credentialsHash Of what was shown to the server with its token.
   * @throws {AppError} If it cannot be removed.
   */
  forget(login: StoredLogin, credentialsHash: string): Promise<void>;
}

/** What a server said to somebody who wants to come in. */
export type Admission =
  | {
    readonly isAdmitted: true;
    /** As whom; `null`: it did not say. */
    readonly user: string | null;
    /** SwarmUI's permission ids, `*` for all; `null`: it did not say. */
    readonly permissions: readonly string[] | null;
  }
  /** A login is required: there was no token, or none that is valid. */
  | { readonly isAdmitted: false };

/** What became of a token that was to be ended. */
export type TokenEnd =
  /** The server ended it. */
  | "ended"
  /** It had ended before. */
  | "was_invalid"
  /** The server requires no login now, and then ends none; it would be valid again with accounts. */
  | "not_managed";

/**
 * A server's door, for accounts. All of it can throw an `AppError` for what has nothing to do with
 * accounts: no answer, a header lock, a missing permission; and the reason of the signal.
 */
export interface AccountServer {
  /** Normalised base URL. */
  readonly url: string;
  /** Says how the credentials of the settings look with a token: a digest. */
  credentialsHash(token: string): Promise<string>;
  /** Asks to be let in; each time makes a session that the server keeps. @param token `null`: none. */
  enter(token: string | null, signal: AbortSignal): Promise<Admission>;
  /**
   * Logs in. The password leaves this process hashed only, as SwarmUI wants it.
   *
   * @returns The token.
   * @throws {AppError} If it is refused.
   */
  logIn(
    account: { readonly name: string; readonly password: string },
    signal: AbortSignal,
  ): Promise<string>;
  /** Ends a login's token on the server; sessions that were made with it live on there. */
  endToken(login: StoredLogin, signal: AbortSignal): Promise<TokenEnd>;
}
