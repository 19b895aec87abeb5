/** A TCP or TLS connection to a server's address. */
import { portOf } from "./base_url.ts";

/** A connection that ends when its signal is aborted. */
export interface Connection extends Disposable {
  readonly conn: Deno.Conn;
  /** Leaves the connection open after the disposal, for whoever has it now. */
  keep(): void;
}

/**
 * Connects to the host of an `http:` or `https:` address. Until it is disposed or kept, an abort ends
 * the connection and with it whatever is being read or written. Needs Deno's permission for the host
 * and port, which must have been checked.
 *
 * @throws What `Deno.connect()` and `Deno.startTls()` throw. Whoever aborts looks at the signal first:
 *   what is thrown then is the signal's reason or that of a connection that was cut.
 */
export async function connect(url: URL, signal: AbortSignal): Promise<Connection> {
  signal.throwIfAborted();
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const tcp = await connectTcp({ hostname, port: portOf(url) }, signal);
  let conn: Deno.Conn = tcp;
  let isKept = false;
  const giveUp = (): void => closeOnce(conn);
  signal.addEventListener("abort", giveUp);
  const connection = {
    get conn(): Deno.Conn {
      return conn;
    },
    keep(): void {
      isKept = true;
    },
    [Symbol.dispose](): void {
      signal.removeEventListener("abort", giveUp);
      if (!isKept) closeOnce(conn);
    },
  };
  try {
    signal.throwIfAborted();
    tcp.setNoDelay(true);
    tcp.setKeepAlive(true);
    if (url.protocol === "https:") {
      conn = await Deno.startTls(tcp, { hostname, alpnProtocols: ["http/1.1"] });
      signal.throwIfAborted();
    }
    return connection;
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
}

/**
 * Like `Deno.connect()` with a signal. That loses a connection, which then stays open, when the abort
 * comes in the turn in which it is made (Deno 2.9.6): it asks the signal once more on its way out. So
 * it gets one that cancels and never throws, and whoever called looks at the abort.
 */
async function connectTcp(
  address: { readonly hostname: string; readonly port: number },
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  const canceller = new AbortController();
  canceller.signal.throwIfAborted = () => {};
  const cancel = (): void => canceller.abort();
  signal.addEventListener("abort", cancel);
  try {
    return await Deno.connect({ ...address, signal: canceller.signal });
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}

/** Writes all of it. */
export async function writeAll(conn: Pick<Deno.Conn, "write">, bytes: Uint8Array): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await conn.write(rest));
}

function closeOnce(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
