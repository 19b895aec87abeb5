/**
 * A small HTTP/1.1 server on loopback.
 *
 * Written out because `Deno.serve` hides what the simulation needs: chunked bodies, raw paths,
 * connections that hang, are cut in the middle or die, and WebSockets that are not closed politely.
 */
import { ByteReader } from "./byte_reader.ts";
import { HttpExchange, type Wire } from "./http_exchange.ts";
import { readRequest } from "./http_request.ts";

/** Answers one exchange. */
export type HttpHandler = (exchange: HttpExchange) => Promise<void>;

/** A listening server. */
export class HttpServer {
  readonly #listener: Deno.TcpListener;
  readonly #handler: HttpHandler;
  readonly #maxBodyBytes: number;
  readonly #connections = new Map<ConnectionWire, Promise<void>>();
  readonly #exchanges = new Map<HttpExchange, Promise<void>>();
  readonly #accepting: Promise<void>;
  #isStopping = false;

  /**
   * Starts to listen. Needs `--allow-net` for the address.
   *
   * @param address.port 0 takes any free port.
   * @throws {Deno.errors.AddrInUse} If the port is taken.
   */
  constructor(
    address: { readonly hostname: string; readonly port: number },
    options: { readonly handler: HttpHandler; readonly maxBodyBytes: number },
  ) {
    this.#handler = options.handler;
    this.#maxBodyBytes = options.maxBodyBytes;
    this.#listener = Deno.listen({ hostname: address.hostname, port: address.port });
    this.#accepting = this.#accept();
  }

  /** The port that was taken. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /**
   * Stops listening, lets what is being answered be answered with `Connection: close`, and ends all
   * connections. Whoever answers must have been told to come to an end.
   *
   * @param lingering Until it resolves, requests on open connections are still answered, each once.
   */
  async stop(lingering: Promise<void>): Promise<void> {
    this.#listener.close();
    this.#isStopping = true;
    for (const exchange of this.#exchanges.keys()) exchange.announceStop();
    await lingering;
    await Promise.all(this.#exchanges.values());
    await this.cut();
  }

  /** Ends listener and connections at once, as when a process is killed. */
  async cut(): Promise<void> {
    unlessEnded(() => this.#listener.close());
    for (const wire of this.#connections.keys()) wire.close();
    await this.#accepting;
    for (const wire of this.#connections.keys()) wire.close();
    await Promise.all(this.#connections.values());
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        // Its client may have left already.
        unlessEnded(() => connection.setNoDelay());
        const wire = new ConnectionWire(connection);
        const end = this.#serve(wire).finally(() => this.#connections.delete(wire));
        this.#connections.set(wire, end);
      }
    } catch (error) {
      if (!isConnectionEnd(error)) throw error;
    }
  }

  async #serve(wire: ConnectionWire): Promise<void> {
    try {
      while (true) {
        const request = await readRequest(wire.reader, this.#maxBodyBytes);
        if (request === null) break;
        const exchange = new HttpExchange(request, wire);
        if (this.#isStopping) exchange.announceStop();
        const answered = this.#handler(exchange).finally(() => this.#exchanges.delete(exchange));
        this.#exchanges.set(exchange, answered);
        await answered;
        if (!exchange.canGoOn) break;
      }
    } catch (error) {
      if (!isConnectionEnd(error)) throw error;
    } finally {
      wire.close();
    }
  }
}

class ConnectionWire implements Wire {
  readonly reader: ByteReader;
  readonly closed: Promise<void>;
  readonly #connection: Deno.Conn;
  readonly #resolveClosed: () => void;

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    this.reader = new ByteReader({ read: (into) => readQuietly(connection, into) });
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      let rest = bytes;
      while (rest.length > 0) rest = rest.subarray(await this.#connection.write(rest));
      return true;
    } catch (error) {
      if (isConnectionEnd(error)) return false;
      throw error;
    }
  }

  close(): void {
    unlessEnded(() => this.#connection.close());
    this.#resolveClosed();
  }
}

async function readQuietly(connection: Deno.Conn, into: Uint8Array): Promise<number | null> {
  try {
    return await connection.read(into);
  } catch (error) {
    if (isConnectionEnd(error)) return null;
    throw error;
  }
}

function unlessEnded(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!isConnectionEnd(error)) throw error;
  }
}

/** A connection that is over may say so in many ways, depending on the system and the moment. */
function isConnectionEnd(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.UnexpectedEof;
}
