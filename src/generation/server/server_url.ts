/**
 * Server addresses as records hold them: normalised, without user info and without a slash at the
 * end. Read by `URL.parse()`, which takes Deno a fifth of the time of `new URL()`.
 */

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

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
