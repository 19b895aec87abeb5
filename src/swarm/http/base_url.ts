/** The address of a SwarmUI server: one spelling for each server, and nothing secret in it. */
import { UsageError } from "../../errors.ts";

/**
 * Brings a server's address into its one spelling: scheme, host, port unless it is the scheme's own,
 * and the path prefix of a proxy without a slash at its end. Query and fragment are dropped.
 *
 * @param text What a person or a settings file says, e.g. `http://127.0.0.1:7801/`.
 * @throws {UsageError} If it is no `http:` or `https:` address, or holds a user name or password:
 *   credentials have options of their own, and an address is printed and shared.
 */
export function normaliseBaseUrl(text: string): string {
  const url = parseHttpUrl(text.trim());
  if (url === null) {
    throw new UsageError(
      `Cannot use ${
        quoteAddress(text)
      } as the server's address: it is not an http:// or https:// ` +
        "URL (write it like http://127.0.0.1:7801)",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      `Cannot use an address with a user name or password for ${url.origin}: addresses are printed ` +
        "and shared (give credentials with --api-key or --token)",
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/**
 * The host and port that Deno must allow for a server, as in `--allow-net=127.0.0.1:7801`.
 *
 * @param baseUrl A normalised address.
 */
export function netHost(baseUrl: string): string {
  const url = new URL(baseUrl);
  return `${url.hostname}:${portOf(url)}`;
}

/** The port of an `http:` or `https:` address, where it names none the scheme's own. */
export function portOf({ port, protocol }: URL): number {
  return port !== "" ? Number(port) : protocol === "https:" ? 443 : 80;
}

function parseHttpUrl(text: string): URL | null {
  // Without "//" the URL parser takes "http:host" for a full address, and so would hide a typo.
  if (!/^https?:\/\//i.test(text)) return null;
  return URL.parse(text);
}

function quoteAddress(text: string): string {
  // What cannot be parsed may still hold a password before an "@", or a token in its query.
  return /[@?#]/.test(text) ? "what was given" : JSON.stringify(text);
}
