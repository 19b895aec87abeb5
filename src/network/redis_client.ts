/** The client of `npm:@redis/client`, with the settings that every Redis understands. */
import { createClient } from "@redis/client";
import type { RedisAddress } from "./redis_address.ts";

/** How often a quiet connection is checked, in milliseconds. */
const PING_MS = 10_000;

/** The type of a client, for commands or for listening. */
export type Client = ReturnType<typeof makeClient>;

/**
 * Makes a client; it is not connected yet.
 *
 * @param how.isQuiet Whether the connection only listens and may be silent for hours: then it is
 * checked from time to time.
 */
// deno-lint-ignore explicit-function-return-type -- the client's own type has five parameters
export function makeClient(
  address: RedisAddress,
  { attemptMs, isQuiet }: { readonly attemptMs: number; readonly isQuiet: boolean },
) {
  const { host, port, isTls, user, password, database } = address;
  return createClient({
    // Every version of Redis speaks RESP 2, and with it the client sends no commands of its own.
    RESP: 2,
    disableClientInfo: true,
    maintNotifications: "disabled",
    disableOfflineQueue: true,
    database,
    ...isQuiet ? { pingInterval: PING_MS } : {},
    ...user === null ? {} : { username: user },
    ...password === null ? {} : { password },
    socket: {
      host,
      port,
      // Longer than ours, which has the better words.
      connectTimeout: 2 * attemptMs,
      reconnectStrategy: false,
      ...isQuiet ? { socketTimeout: 2.5 * PING_MS } : {},
      // The name that the certificate must have; an IP address must be none here.
      ...isTls ? { tls: true, ...isName(host) ? { servername: host } : {} } : {},
    },
  });
}

/** Whether a host is a name, and no IPv4 or IPv6 address. */
function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host);
}
