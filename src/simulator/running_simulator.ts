/** A running simulator: its server, its state, and what a test can do with them. */
import { Api } from "./api/api.ts";
import { change } from "./api/backend_routes.ts";
import type { Backend } from "./backends/backend.ts";
import type { BackendChange } from "./backends/changes.ts";
import type { RemoteSwarm } from "./backends/remote_swarm.ts";
import type { Failure } from "./images/failures.ts";
import type { BackendStatus } from "./options.ts";
import { ServerProcess, type StopOptions } from "./server_process.ts";
import type { Swarm } from "./swarm.ts";
import type { WireCounters } from "./users/claim.ts";
import { rightsOfRole, type Role } from "./users/roles.ts";
import { type Fault, Faults } from "./web/faults.ts";
import { FrontDoor } from "./web/front_door.ts";
import { RequestLog, type RequestRecord } from "./web/request_log.ts";

/** A running simulated server; ids of backends that do not exist are refused with a `RangeError`. */
export class Simulator implements AsyncDisposable {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly #swarm: Swarm;
  readonly #faults = new Faults();
  readonly #log: RequestLog;
  readonly #process: ServerProcess;

  /** Listens as soon as it is made; see `startSimulator()`. */
  constructor(swarm: Swarm, port: number) {
    this.#swarm = swarm;
    this.#log = new RequestLog((id) => swarm.sessions.find(id)?.name ?? null);
    const door = new FrontDoor(swarm, {
      api: new Api(swarm),
      faults: this.#faults,
      requests: this.#log,
    });
    this.#process = new ServerProcess(swarm, door, port);
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /** The port, which stays the same. */
  get port(): number {
    return this.#process.port;
  }

  /** The `server_id` of the present run; a restart makes a new one. */
  get serverId(): string {
    return this.#swarm.boot.serverId;
  }

  /** The requests since the start, or since `clearRequests()`; the last 10,000 at most. */
  get requests(): readonly RequestRecord[] {
    return this.#log.records;
  }

  /** The server-wide counters at this moment. */
  get counters(): WireCounters {
    return this.#swarm.sessions.counters();
  }

  /** Ends everything, like a clean stop of the server. */
  async close(): Promise<void> {
    this.#faults.clear();
    await this.stop();
  }

  /** Stops the server; sessions and pictures are kept for `start()`. */
  stop(options: StopOptions = {}): Promise<void> {
    return this.#process.stop(options);
  }

  /** Starts again on the same port, with a new `server_id` and no work. */
  start(): Promise<void> {
    return this.#process.start();
  }

  /** Stops and starts. */
  async restart(options: StopOptions = {}): Promise<void> {
    await this.stop(options);
    await this.start();
  }

  /** Resolves as soon as nothing is counted and no ComfyUI has a job. */
  idle(): Promise<void> {
    return this.#swarm.changed.until(() => this.#swarm.isIdle);
  }

  /** Resolves as soon as a condition about the counters holds; it is checked at each change. */
  until(condition: (counters: WireCounters) => boolean): Promise<void> {
    return this.#swarm.changed.until(() => condition(this.counters));
  }

  /**
   * Forces a state of a backend. SwarmUI's checks of backends with `allowIdle` leave it alone until
   * it is set to `running` again; so `idle` stays `idle`, whatever its ComfyUI does.
   */
  setBackendStatus(id: number, status: BackendStatus): void {
    this.#backend(id).pin(status);
    this.#swarm.boot.pool.schedule();
  }

  /**
   * Restarts, switches, edits or deletes a backend, as an admin does (`swarmui-protocol.md §20.2`).
   * While all its `maxUsages` runs are live, SwarmUI waits and checks every 0.5 s: it calls the
   * backend `running` (or does not list it, if it will be deleted), gives it no work, and answers
   * direct calls with 400. Otherwise it happens at once. Jobs in its ComfyUI go on in any case.
   *
   * @returns Resolves when SwarmUI would answer; a backend that starts again is ready a bit later.
   */
  changeBackend(id: number, how: BackendChange): Promise<void> {
    return change(this.#swarm, this.#backend(id), how);
  }

  /**
   * Kills the ComfyUI of a backend, with all its jobs. A backend with `allowIdle` becomes `idle` at
   * once if it had a run, else at SwarmUI's next check, at most 5 s later.
   */
  killComfy(id: number): void {
    this.#backend(id).comfy.kill();
  }

  /**
   * Starts a dead ComfyUI again, empty; an `idle` backend runs again after SwarmUI's next check.
   */
  reviveComfy(id: number): void {
    this.#backend(id).comfy.revive();
  }

  /**
   * Makes a ComfyUI hang, as SIGSTOP does (§20.13): direct calls get no answer, its jobs do not go
   * on, and interrupted runs stay counted, until `resumeComfy()` or `killComfy()`.
   */
  hangComfy(id: number): void {
    this.#backend(id).comfy.hang();
  }

  /** Lets a hanging ComfyUI continue. */
  resumeComfy(id: number): void {
    this.#backend(id).comfy.resume();
  }

  /**
   * Adds a job to a ComfyUI without SwarmUI: no counter and no age shows it. The state of the
   * backend does not matter; a dead ComfyUI loses it.
   *
   * @param ms How long ComfyUI takes for it.
   */
  addComfyJob(id: number, ms: number): void {
    this.#backend(id).comfy.add({}, () => [{ ms }]);
  }

  /**
   * How many jobs ComfyUI has in its queue, including running ones; also for a backend that is
   * away, switched off or deleted. Negative ids are the ComfyUIs of remote servers; the entry of
   * such a server has none.
   */
  comfyJobs(id: number): number {
    return this.#backend(id).comfy.jobs.length;
  }

  /** Makes the server behind a `swarmswarmbackend` go away; its ComfyUIs go on working (§20.4). */
  stopRemote(id: number): void {
    this.#remote(id).stop();
  }

  /** Brings it back. */
  startRemote(id: number): void {
    this.#remote(id).start();
  }

  /**
   * Changes a user's permissions at once.
   *
   * @param rights A role's, or exactly these.
   */
  setPermissions(rights: Role | readonly string[], user = "local"): void {
    const list = typeof rights === "string" ? rightsOfRole(rights) : rights;
    this.#swarm.users.named(user).rights = list;
  }

  /** A valid `swarm_token` of an account; `null` if there is none. */
  tokenOf(user: string): string | null {
    return this.#swarm.users.tokens.of(user);
  }

  /** Makes all existing sessions invalid. */
  forgetSessions(): void {
    for (const session of this.#swarm.sessions.list()) this.#swarm.sessions.forget(session);
  }

  /** Makes a request of a route fail. */
  fault(fault: Fault): void {
    this.#faults.add(fault);
  }

  /** Removes all faults. */
  clearFaults(): void {
    this.#faults.clear();
  }

  /** Makes the next image runs fail, or with `load_failed` the next model loads. */
  failNext(failure: Failure, times = 1): void {
    this.#swarm.failures.add(failure, times);
  }

  /** Forgets the requests so far. */
  clearRequests(): void {
    this.#log.records.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #backend(id: number): Backend {
    const backend = this.#swarm.boot.pool.all.find((each) => each.id === id);
    if (backend === undefined) throw new RangeError(`There is no backend ${id}`);
    return backend;
  }

  #remote(id: number): RemoteSwarm {
    const { remote } = this.#backend(id);
    if (remote === null) throw new RangeError(`Backend ${id} is not a swarmswarmbackend`);
    return remote;
  }
}
