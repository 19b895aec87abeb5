/**
 * Server addresses as records hold them: normalised, without user info, no slash at the end.
 */

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Says whether two addresses name the same server: the same text, where `localhost`, `127.0.0.1`
 * and `[::1]` are one. Another name for the same machine is not seen here; its `server_id` tells.
 */
export function isSameServerUrl(one: string, other: string): boolean {
  return one === other || canonical(one) === canonical(other);
}

/**
 * Says whether an address is of this machine by its text: `localhost`, `127.x.x.x` or `[::1]`.
 *
 * @param address A normalised one.
 */
export function isLoopback(address: string): boolean {
  return /^(?:localhost|\[::1\]|127(?:\.\d+){3})$/.test(new URL(address).hostname);
}

function canonical(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  const host = LOOPBACK.has(url.hostname) ? "localhost" : url.hostname;
  return `${url.protocol}//${host}:${url.port}${url.pathname.replace(/\/+$/, "")}`;
}
