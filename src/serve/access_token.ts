/** The token that every request must contain, and the cookie that replaces it in browsers. */

/**
 * Hashed together with the token, so that the cookie's value is not the token itself and stays
 * valid after a restart.
 */
const COOKIE_PURPOSE = "asset-generator serve: cookie of the page";

/** Compares a text with the token, in a time that does not depend on the text. */
export class AccessToken {
  /** The cookie's name. */
  static readonly COOKIE = "asset_generator_access";

  readonly #token: string;
  #key: Promise<CryptoKey> | undefined;

  /** @param token Not empty. */
  constructor(token: string) {
    this.#token = token;
  }

  /** Whether a text is the token. */
  async isToken(shown: string): Promise<boolean> {
    // Both are hashed with a secret key first, so the time of the comparison says nothing about the
    // token.
    const [one, other] = await Promise.all([this.#mac(shown), this.#mac(this.#token)]);
    return one === other;
  }

  /** Whether a text is the cookie's value. */
  async isCookie(shown: string): Promise<boolean> {
    const [one, other] = await Promise.all([this.#mac(shown), this.cookie().then(this.#macOf)]);
    return one === other;
  }

  /** The cookie's value; the token cannot be computed from it. */
  async cookie(): Promise<string> {
    return await this.#mac(COOKIE_PURPOSE);
  }

  readonly #macOf = (text: string): Promise<string> => this.#mac(text);

  async #mac(text: string): Promise<string> {
    this.#key ??= crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode(this.#token),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const bytes = await crypto.subtle.sign("HMAC", await this.#key, new TextEncoder().encode(text));
    return new Uint8Array(bytes).toHex();
  }
}
