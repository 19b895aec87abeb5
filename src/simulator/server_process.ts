/** The process of a simulated server: it can be stopped, killed, and started again on its port. */
import type { Swarm } from "./swarm.ts";
import { RealClock } from "./waiting.ts";
import type { FrontDoor } from "./web/front_door.ts";
import { HttpServer } from "./wire/http_server.ts";

/** How often, and how soon after each other, a port is tried that should be free, in milliseconds. */
const FREE_TRIES = 50;
const FREE_AGAIN_MS = 10;

/** How a server stops. */
export interface StopOptions {
  /**
   * As `kill -9`: connections are cut. Otherwise requests under way get 200 with an empty body, or
   * 500 if they sent no `Accept-Encoding` (`swarmui-protocol.md §20.5`), and WebSockets end without
   * a close frame.
   */
  readonly isKilled?: boolean;
  /**
   * How long a clean stop still answers requests on open connections, in milliseconds: each once,
   * like those under way. Default 0; SwarmUI takes 100 to 700.
   */
  readonly lingerMs?: number;
  /** ComfyUI goes on with its queue, like one that SwarmUI did not start itself. */
  readonly comfySurvives?: boolean;
}

/** Runs as soon as it is made. */
export class ServerProcess {
  readonly port: number;
  readonly #swarm: Swarm;
  readonly #door: FrontDoor;
  /** `null`: it does not run. */
  #server: HttpServer | null;

  /** @param port 0 takes any free port. */
  constructor(swarm: Swarm, door: FrontDoor, port: number) {
    this.#swarm = swarm;
    this.#door = door;
    this.#server = this.#listen(port);
    this.port = this.#server.port;
  }

  /** Stops it; does nothing if it does not run. */
  async stop(
    { isKilled = false, lingerMs = 0, comfySurvives = false }: StopOptions,
  ): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const lingering = lingerMs > 0 ? this.#swarm.clock.sleep(lingerMs) : Promise.resolve();
    const stopped = isKilled ? server.cut() : server.stop(lingering);
    this.#swarm.stop(!comfySurvives);
    await stopped;
  }

  /** Starts it again; does nothing if it runs. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    await this.#untilFree();
    this.#swarm.start();
    this.#server = this.#listen(this.port);
  }

  /** A process that this one was just starting has the old port until its program is loaded. */
  async #untilFree(): Promise<void> {
    for (let tries = FREE_TRIES; tries > 0; tries--) {
      try {
        return Deno.listen({ hostname: "127.0.0.1", port: this.port }).close();
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      }
      await new RealClock().sleep(FREE_AGAIN_MS);
    }
  }

  #listen(port: number): HttpServer {
    try {
      return new HttpServer(port, (exchange) => this.#door.answer(exchange));
    } catch (error) {
      // nothing may go on that nobody can stop
      this.#swarm.stop(true);
      throw error;
    }
  }
}
