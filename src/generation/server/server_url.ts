/**
 * The addresses of SwarmUI servers: one spelling for each, without secrets, and which of them name the
 * same server. What others wrote is read by `URL.parse()`, which throws nothing and takes Deno less
 * time than `new URL()`.
 */
import { UsageError } from "../../errors.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

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

/**
 * Says whether two addresses name the same server: the same text, where `localhost`, `127.0.0.1`
 * and `[::1]` count as one. Other names of the same machine are not recognised here, only by the
 * `server_id`.
 */
export function isSameServerUrl(one: string, other: string): boolean {
  return one === other || canonicalServerUrl(one) === canonicalServerUrl(other);
}

/**
 * Says whether a record may be of a server: by its `server_id`, else by its address. One that names
 * no server counts, as in the original tool. An address such as `localhost` means another server on
 * each machine, unless the ids are not known.
 *
 * @param server.serverId `null`: not known.
 * @param server.host Name of this machine; `null` or absent: not known.
 */
export function isOfServer(
  record: {
    readonly serverUrl: string | null;
    readonly serverId: string | null;
    readonly host: string | null;
  },
  server: {
    readonly serverUrl: string;
    readonly serverId: string | null;
    readonly host?: string | null;
  },
): boolean {
  const { serverId, host = null } = server;
  if (record.serverUrl === null || (serverId !== null && record.serverId === serverId)) return true;
  if (!isSameServerUrl(record.serverUrl, server.serverUrl)) return false;
  const areKnown = serverId !== null && record.serverId !== null && host !== null &&
    record.host !== null;
  return !areKnown || record.host === host || !isLoopback(record.serverUrl);
}

/**
 * Says by its text whether an address is on this machine: `localhost`, `127.x.x.x` or `[::1]`.
 *
 * @param address Normalised.
 */
export function isLoopback(address: string): boolean {
  return /^(?:localhost|\[::1\]|127(?:\.\d+){3})$/.test(URL.parse(address)?.hostname ?? "");
}

/** The same text for all addresses that name the same server. */
export function canonicalServerUrl(address: string): string {
  const url = URL.parse(address);
  if (url === null) return address;
  const host = LOOPBACK.has(url.hostname) ? "localhost" : url.hostname;
  return `${url.protocol}//${host}:${url.port}${url.pathname.replace(/\/+$/, "")}`;
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
