/** A simulator that runs: its server, its state, and what a test may do to them. */
import { Api } from "./api/api.ts";
import type { BackendChange } from "./backends/backend_changes.ts";
import { BACKEND_ROUTES, change } from "./api/backend_routes.ts";
import type { Backend } from "./backends/backend.ts";
import type { WireCounters } from "./users/claim.ts";
import { type Fault, Faults } from "./web/faults.ts";
import { FrontDoor } from "./web/front_door.ts";
import { GENERATE_ROUTES } from "./api/generate_routes.ts";
import { HttpServer } from "./wire/http_server.ts";
import { MODEL_ROUTES } from "./api/model_routes.ts";
import type { BackendStatus } from "./options.ts";
import { rightsOfRole, type Role } from "./users/permissions.ts";
import { PRESET_ROUTES } from "./api/preset_routes.ts";
import type { RemoteSwarm } from "./backends/remote_swarm.ts";
import type { RequestRecord } from "./web/request_log.ts";
import { SERVER_ROUTES } from "./api/server_routes.ts";
import { SESSION_ROUTES } from "./api/session_routes.ts";
import type { Simulator, StopOptions } from "./simulator.ts";
import type { Swarm } from "./swarm.ts";
import type { Upset } from "./images/upsets.ts";

const MAX_BODY_BYTES = 200 * 1_048_576;

/** See `Simulator`; it listens as soon as it is made. */
export class RunningSimulator implements Simulator {
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
    const routes = [
      ...SESSION_ROUTES,
      ...SERVER_ROUTES,
      ...BACKEND_ROUTES,
      ...PRESET_ROUTES,
      ...MODEL_ROUTES,
      ...GENERATE_ROUTES,
    ];
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
      const lingerMs = options.lingerMs ?? 0;
      const lingering = lingerMs > 0 ? this.#swarm.clock.sleep(lingerMs) : Promise.resolve();
      const stopped = server.stop(lingering);
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
    this.#backend(id).pin(status);
    this.#swarm.boot.pool.schedule();
  }

  changeBackend(id: number, how: BackendChange): Promise<void> {
    return change(this.#swarm, this.#backend(id), how);
  }

  killComfy(id: number): void {
    this.#backend(id).comfy.kill();
  }

  reviveComfy(id: number): void {
    this.#backend(id).comfy.revive();
  }

  hangComfy(id: number): void {
    this.#backend(id).comfy.hang();
  }

  resumeComfy(id: number): void {
    this.#backend(id).comfy.resume();
  }

  addComfyJob(id: number, ms: number): void {
    this.#backend(id).comfy.add({}, () => [{ ms }]);
  }

  stopRemote(id: number): void {
    this.#remote(id).stop();
  }

  startRemote(id: number): void {
    this.#remote(id).start();
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
    try {
      return new HttpServer({ hostname: this.#hostname, port }, {
        handler: (exchange) => this.#door.answer(exchange),
        maxBodyBytes: MAX_BODY_BYTES,
      });
    } catch (error) {
      // nothing may go on that nobody can stop
      this.#swarm.stop(true);
      throw error;
    }
  }

  #backend(id: number): Backend {
    const backend = this.#swarm.boot.pool.all.find((each) => each.id === id);
    if (backend === undefined) throw new RangeError(`There is no backend ${id}`);
    return backend;
  }

  #remote(id: number): RemoteSwarm {
    const { remote } = this.#backend(id);
    if (remote === null) throw new RangeError(`Backend ${id} is no swarmswarmbackend`);
    return remote;
  }
}
