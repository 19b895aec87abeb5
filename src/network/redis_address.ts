/**
 * Reads where a Redis is and how to log in, from an address such as
 * `rediss://user:secret@host:6380/2`.
 */

/** The parts of a Redis address. */
export interface RedisAddress {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly user: string | null;
  readonly password: string | null;
  readonly database: number;
  /** `name:port`, the form that Deno's `--allow-net` takes. */
  readonly netName: string;
  /** For messages: without user and password. */
  readonly shown: string;
}

const DEFAULT_PORT = 6379;

/**
 * Splits an address into its parts.
 *
 * @param text `redis:`, `valkey:`, or with TLS `rediss:`, `valkeys:`; user, password, port and database are optional.
 * @throws {TypeError} If it is not an address; the settings have checked it before.
 */
export function redisAddress(text: string): RedisAddress {
  const url = new URL(text);
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  const name = url.hostname;
  const database = Number(url.pathname.replace(/^\//, "") || 0);
  return {
    host: name.replace(/^\[|\]$/g, ""),
    port,
    isTls: ["rediss:", "valkeys:"].includes(url.protocol),
    user: url.username === "" ? null : decodeURIComponent(url.username),
    password: url.password === "" ? null : decodeURIComponent(url.password),
    database,
    netName: `${name}:${port}`,
    shown: `Redis at ${name}:${port}${database === 0 ? "" : `, database ${database}`}`,
  };
}
