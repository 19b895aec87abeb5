/** The credentials of a SwarmUI server, as headers and as a digest. */
import { UsageError } from "../../errors.ts";

/** What a server may require from a user; all of it is secret. */
export interface Credentials {
  /** For a server with `Network.RequiredAuthorization` (`swarmui-protocol.md §1.4`). */
  readonly authorization: string | null;
  /** An account's `swarm_token` (`swarmui-protocol.md §1.5`). */
  readonly token: string | null;
  /** Further headers, which a gateway before the server may require. @default {none} */
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
}

/**
 * The headers with the credentials, for calls, downloads and the WebSocket handshake.
 * `authorization` is sent unchanged if it contains a space, else with `Bearer ` before it.
 *
 * @throws {UsageError} If a value contains characters that a header cannot hold. The value is never
 * in the message.
 */
export function credentialHeaders(credentials: Credentials): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  const { authorization, token } = credentials;
  for (const { name, value } of credentials.headers ?? []) headers.set(name.toLowerCase(), value);
  if (authorization !== null) {
    if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(authorization)) {
      throw new UsageError(
        "Cannot use the API key: it is empty or holds characters that a header cannot carry " +
          "(give printable ASCII with --api-key)",
      );
    }
    if (headers.has("authorization")) {
      throw new UsageError("Cannot use the API key and a header Authorization: give one of them");
    }
    headers.set(
      "authorization",
      authorization.includes(" ") ? authorization : `Bearer ${authorization}`,
    );
  }
  if (token !== null) {
    // The characters that a cookie value can hold (RFC 6265 §4.1.1): none of them can end the
    // cookie.
    if (!/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/.test(token)) {
      throw new UsageError(
        "Cannot use the account token: it is empty or holds characters that a cookie cannot carry " +
          "(copy the value of swarm_token again and give it with --token)",
      );
    }
    const others = headers.get("cookie");
    if (/(?:^|;)\s*swarm_token=/.test(others ?? "")) {
      throw new UsageError(
        "Cannot use the account token and a header Cookie with swarm_token: give one of them",
      );
    }
    headers.set("cookie", `${others === undefined ? "" : `${others}; `}swarm_token=${token}`);
  }
  return Object.fromEntries(headers);
}

/**
 * The digest for no credentials. It is a constant because computing one takes a tenth of the
 * start-up time.
 */
const NO_CREDENTIALS = "0".repeat(64);

/**
 * A digest that distinguishes logins without showing them: hex SHA-256, the same for equal
 * credentials.
 */
export async function credentialsHash(credentials: Credentials): Promise<string> {
  const { authorization, token } = credentials;
  const headers = (credentials.headers ?? []).map(({ name, value }) => [name.toLowerCase(), value]);
  if (authorization === null && token === null && headers.length === 0) return NO_CREDENTIALS;
  const text = JSON.stringify([
    authorization,
    token,
    ...headers.length === 0 ? [] : [headers.sort()],
  ]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
