/** Where a Redis is and how to log in there, from an address such as `rediss://user:secret@host:6380/2`. */

/** A Redis as its address names it. */
export interface RedisAddress {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly user: string | null;
  readonly password: string | null;
  readonly database: number;
  /** `name:port`, as Deno's `--allow-net` wants it. */
  readonly netName: string;
  /** For people: without user and password. */
  readonly shown: string;
}

const DEFAULT_PORT = 6379;

/**
 * Takes an address apart.
 *
 * @param text `redis:` or `rediss:` (TLS); user, password, port and database may be missing.
 * @throws {TypeError} If it is no address; the settings have checked it before.
 */
export function redisAddress(text: string): RedisAddress {
  const url = new URL(text);
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  const name = url.hostname;
  const database = Number(url.pathname.replace(/^\//, "") || 0);
  return {
    host: name.replace(/^\[|\]$/g, ""),
    port,
    isTls: url.protocol === "rediss:",
    user: url.username === "" ? null : decodeURIComponent(url.username),
    password: url.password === "" ? null : decodeURIComponent(url.password),
    database,
    netName: `${name}:${port}`,
    shown: `Redis at ${name}:${port}${database === 0 ? "" : `, database ${database}`}`,
  };
}
