/**
 * A small HTTP/1.1 server on loopback.
 *
 * Written from scratch because `Deno.serve` cannot do what the simulation needs: it answers the
 * close of a WebSocket at once, gives every answer a length, and can neither hang, cut an answer in
 * the middle nor die without a close frame.
 */
import { Connection, unlessEnded } from "./connection.ts";
import { HttpExchange } from "./http_exchange.ts";
import { readRequest } from "./http_request.ts";

/** Answers one exchange. */
export type HttpHandler = (exchange: HttpExchange) => Promise<void>;

/** A listening server. */
export class HttpServer {
  readonly #listener: Deno.TcpListener;
  readonly #handler: HttpHandler;
  readonly #connections = new Map<Connection, Promise<void>>();
  readonly #exchanges = new Map<HttpExchange, Promise<void>>();
  readonly #accepting: Promise<void>;
  #isListening = true;
  #isStopping = false;

  /**
   * Starts to listen on 127.0.0.1. Needs `--allow-net` for the address.
   *
   * @param port 0 takes any free port.
   * @throws {Deno.errors.AddrInUse} If the port is taken.
   */
  constructor(port: number, handler: HttpHandler) {
    this.#handler = handler;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#accepting = this.#accept();
  }

  /** The port that was taken. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /**
   * Stops listening, lets open requests be answered with `Connection: close`, and ends all
   * connections. The code that answers must already have been told to finish.
   *
   * @param lingering Until it resolves, requests on open connections are still answered, each once.
   */
  async stop(lingering: Promise<void>): Promise<void> {
    this.#stopListening();
    this.#isStopping = true;
    for (const exchange of this.#exchanges.keys()) exchange.announceStop();
    await lingering;
    await Promise.all(this.#exchanges.values());
    await this.cut();
  }

  /** Ends listener and connections at once, as when a process is killed. */
  async cut(): Promise<void> {
    this.#stopListening();
    for (const connection of this.#connections.keys()) connection.close();
    await this.#accepting;
    for (const connection of this.#connections.keys()) connection.close();
    await Promise.all(this.#connections.values());
  }

  #stopListening(): void {
    if (this.#isListening) this.#listener.close();
    this.#isListening = false;
  }

  async #accept(): Promise<void> {
    while (this.#isListening) {
      const accepted = await unlessEnded(() => this.#listener.accept());
      // its client may have left already
      if (accepted === null) continue;
      unlessEnded(async () => await accepted.setNoDelay());
      const connection = new Connection(accepted);
      const end = this.#serve(connection).finally(() => this.#connections.delete(connection));
      this.#connections.set(connection, end);
    }
  }

  async #serve(connection: Connection): Promise<void> {
    for (let canGoOn = true; canGoOn;) {
      const request = await readRequest(connection);
      if (request === null) break;
      const exchange = new HttpExchange(request, connection);
      if (this.#isStopping) exchange.announceStop();
      const answered = this.#handler(exchange).finally(() => this.#exchanges.delete(exchange));
      this.#exchanges.set(exchange, answered);
      await answered;
      canGoOn = exchange.canGoOn;
    }
    connection.close();
  }
}
