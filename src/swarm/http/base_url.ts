/** The address of a SwarmUI server: one spelling for each server, and no secrets in it. */
import { UsageError } from "../../errors.ts";

/**
 * Normalises a server's address: scheme, host, port unless it is the default one, and the path
 * prefix of a proxy without a slash at the end. Query and fragment are dropped.
 *
 * @param text As a person or a settings file writes it, such as `http://127.0.0.1:7801/`.
 * @throws {UsageError} If it is not an `http:` or `https:` address, or contains a user name or
 * password: credentials have their own options, and addresses are printed and shared.
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

/** The port of an `http:` or `https:` address; the default one if it names none. */
export function portOf({ port, protocol }: URL): number {
  return port !== "" ? Number(port) : protocol === "https:" ? 443 : 80;
}

function parseHttpUrl(text: string): URL | null {
  // Without "//" the URL parser accepts "http:host" as a full address, which would hide a typo.
  if (!/^https?:\/\//i.test(text)) return null;
  return URL.parse(text);
}

function quoteAddress(text: string): string {
  // A text that cannot be parsed may still contain a password before an "@", or a token in its
  // query.
  return /[@?#]/.test(text) ? "what was given" : JSON.stringify(text);
}
