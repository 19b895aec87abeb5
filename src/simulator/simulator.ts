/**
 * A simulated SwarmUI on loopback.
 *
 * It behaves as `swarmui-protocol.md` says, from its own real state: sessions, counters, a queue for
 * each backend, pictures that it draws. It is for trying the tool and for tests of scripts. It does
 * NOT make images of what a prompt says, compress its answers, or write anything to disk.
 */
import type { Backend } from "./backend.ts";
import { Api } from "./api.ts";
import type { WireCounters } from "./claim.ts";
import { type Fault, Faults } from "./faults.ts";
import { FrontDoor } from "./front_door.ts";
import { GENERATE_ROUTES } from "./generate_routes.ts";
import { HttpServer } from "./http_server.ts";
import { MODEL_ROUTES } from "./model_routes.ts";
import { type BackendStatus, resolveSettings, type SimulatorOptions } from "./options.ts";
import { rightsOfRole, type Role } from "./permissions.ts";
import { Painter } from "./pictures.ts";
import { RealClock } from "./real_clock.ts";
import type { RequestRecord } from "./request_log.ts";
import { SERVER_ROUTES } from "./server_routes.ts";
import { SESSION_ROUTES } from "./session_routes.ts";
import { Swarm } from "./swarm.ts";
import type { Upset } from "./upsets.ts";

export type { Fault } from "./faults.ts";
export type {
  BackendStatus,
  SimulatedAccount,
  SimulatedBackend,
  SimulatedModel,
  SimulatorOptions,
} from "./options.ts";
export { BACKEND_STATUSES } from "./options.ts";
export { type Role, ROLES } from "./permissions.ts";
export type { RequestRecord } from "./request_log.ts";
export type { Upset } from "./upsets.ts";

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1"]);
const MAX_BODY_BYTES = 200 * 1_048_576;

/** How a server stops. */
export interface StopOptions {
  /** As `kill -9`: connections are cut; else requests under way get 200 with an empty body. */
  readonly isKilled?: boolean;
  /** ComfyUI goes on with its queue, as one that SwarmUI did not start itself. */
  readonly comfySurvives?: boolean;
}

/** A running simulated server. */
export interface Simulator extends AsyncDisposable {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** The `server_id` of the present run; new after a restart. */
  readonly serverId: string;
  /** All requests since the start, or since `clearRequests()`. */
  readonly requests: readonly RequestRecord[];
  /** The server-wide counters at this moment. */
  readonly counters: WireCounters;
  /** Ends everything, as a clean stop of the server. */
  close(): Promise<void>;
  /** Stops the server; sessions and pictures are kept for `start()`. */
  stop(options?: StopOptions): Promise<void>;
  /** Starts again on the same port, with a new `server_id` and no work. */
  start(): void;
  /** Stops and starts. */
  restart(options?: StopOptions): Promise<void>;
  /** Resolves as soon as nothing is counted and no ComfyUI has a job. */
  idle(): Promise<void>;
  /** Resolves as soon as a condition about the counters holds; it is looked at on each change. */
  until(condition: (counters: WireCounters) => boolean): Promise<void>;
  /**
   * Gives a backend another state.
   *
   * @throws {RangeError} If there is no such backend.
   */
  setBackendStatus(id: number, status: BackendStatus): void;
  /** Lets the ComfyUI of a backend die; a backend with `allowIdle` becomes `idle`. */
  killComfy(id: number): void;
  /** Starts a dead ComfyUI again; a backend that was `idle` runs again. */
  reviveComfy(id: number): void;
  /** What ComfyUI has in its queue, running jobs included. */
  comfyJobs(id: number): number;
  /**
   * Gives a user other rights, valid at once.
   *
   * @param rights A role's, or exactly these.
   * @param user Default `local`.
   */
  setPermissions(rights: Role | readonly string[], user?: string): void;
  /** A valid `swarm_token` of an account; `null` if there is none. */
  tokenOf(user: string): string | null;
  /** Makes all sessions invalid that were made until now. */
  forgetSessions(): void;
  /** Lets a request of a route go wrong. */
  fault(fault: Fault): void;
  /** No more faults. */
  clearFaults(): void;
  /** Lets the next image runs go wrong; default one. */
  upset(upset: Upset, times?: number): void;
  /** Forgets the requests so far. */
  clearRequests(): void;
}

/**
 * Starts a simulated SwarmUI. Needs `--allow-net` for its address.
 *
 * @throws {RangeError} If an option makes no sense.
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const hostname = options.hostname ?? "127.0.0.1";
  if (!LOOPBACK.has(hostname)) {
    throw new RangeError(`hostname must be loopback, not ${hostname}`);
  }
  const settings = resolveSettings(options);
  const painter = await Painter.create();
  const swarm = new Swarm(settings, { clock: options.clock ?? new RealClock(), painter });
  return new RunningSimulator(swarm, { hostname, port: options.port ?? 0 });
}

class RunningSimulator implements Simulator {
  readonly url: string;
  readonly port: number;
  readonly #swarm: Swarm;
  readonly #faults = new Faults();
  readonly #requests: RequestRecord[] = [];
  readonly #door: FrontDoor;
  readonly #hostname: string;
  #server: HttpServer | null;

  constructor(swarm: Swarm, address: { readonly hostname: string; readonly port: number }) {
    this.#swarm = swarm;
    this.#hostname = address.hostname;
    const routes = [...SESSION_ROUTES, ...SERVER_ROUTES, ...MODEL_ROUTES, ...GENERATE_ROUTES];
    this.#door = new FrontDoor(swarm, {
      api: new Api(swarm, routes),
      faults: this.#faults,
      requests: this.#requests,
    });
    this.#server = this.#listen(address.port);
    this.port = this.#server.port;
    const host = address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname;
    this.url = `http://${host}:${this.port}`;
  }

  get serverId(): string {
    return this.#swarm.boot.serverId;
  }

  get requests(): readonly RequestRecord[] {
    return this.#requests;
  }

  get counters(): WireCounters {
    return this.#swarm.sessions.counters();
  }

  async close(): Promise<void> {
    this.#faults.clear();
    await this.stop();
  }

  async stop(options: StopOptions = {}): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const killsComfy = options.comfySurvives !== true;
    if (options.isKilled === true) {
      const cut = server.cut();
      this.#swarm.stop(killsComfy);
      await cut;
    } else {
      const stopped = server.stop();
      this.#swarm.stop(killsComfy);
      await stopped;
    }
  }

  start(): void {
    if (this.#server !== null) return;
    this.#swarm.start();
    this.#server = this.#listen(this.port);
  }

  async restart(options: StopOptions = {}): Promise<void> {
    await this.stop(options);
    this.start();
  }

  idle(): Promise<void> {
    return this.#swarm.changed.until(() => this.#swarm.isIdle);
  }

  until(condition: (counters: WireCounters) => boolean): Promise<void> {
    return this.#swarm.changed.until(() => condition(this.counters));
  }

  setBackendStatus(id: number, status: BackendStatus): void {
    this.#backend(id).status = status;
    this.#swarm.boot.pool.schedule();
  }

  killComfy(id: number): void {
    const backend = this.#backend(id);
    backend.comfy.kill();
    if (backend.allowsIdle) this.setBackendStatus(id, "idle");
  }

  reviveComfy(id: number): void {
    const backend = this.#backend(id);
    backend.comfy.revive();
    if (backend.status === "idle") this.setBackendStatus(id, "running");
  }

  comfyJobs(id: number): number {
    return this.#backend(id).comfy.jobs.length;
  }

  setPermissions(rights: Role | readonly string[], user = "local"): void {
    const list = typeof rights === "string" ? rightsOfRole(rights) : rights;
    this.#swarm.users.named(user).setRights(list);
  }

  tokenOf(user: string): string | null {
    return this.#swarm.users.tokenOf(user);
  }

  forgetSessions(): void {
    for (const session of this.#swarm.sessions.list()) this.#swarm.sessions.forget(session);
  }

  fault(fault: Fault): void {
    this.#faults.add(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  upset(upset: Upset, times = 1): void {
    this.#swarm.upsets.add(upset, times);
  }

  clearRequests(): void {
    this.#requests.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #listen(port: number): HttpServer {
    return new HttpServer({ hostname: this.#hostname, port }, {
      handler: (exchange) => this.#door.answer(exchange),
      maxBodyBytes: MAX_BODY_BYTES,
    });
  }

  #backend(id: number): Backend {
    const backend = this.#swarm.boot.pool.backends.find((each) => each.id === id);
    if (backend === undefined) throw new RangeError(`There is no backend ${id}`);
    return backend;
  }
}
