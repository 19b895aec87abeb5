/**
 * A simulated SwarmUI on loopback.
 *
 * It behaves as `swarmui-protocol.md` says, from its own real state: sessions, counters, a queue for
 * each backend, pictures that it draws. It is for trying the tool and for tests of scripts. It does
 * NOT make images of what a prompt says, compress its answers, write anything to disk, draw anything
 * but PNG (no thumbnails either), limit the rate of logins, or have ComfyUI's own WebSocket. A remote server is simulated only as far
 * as the main server sees it. The state
 * of the backends in status answers is always of this moment, where SwarmUI's may be a second old.
 */
import type { BackendChange } from "./backends/backend_changes.ts";
import type { WireCounters } from "./users/claim.ts";
import type { Fault } from "./web/faults.ts";
import { type BackendStatus, resolveSettings, type SimulatorOptions } from "./options.ts";
import type { Role } from "./users/permissions.ts";
import { Painter } from "./pictures/painter.ts";
import { RealClock } from "./real_clock.ts";
import type { RequestRecord } from "./web/request_log.ts";
import { RunningSimulator } from "./running_simulator.ts";
import { Swarm } from "./swarm.ts";
import type { Upset } from "./images/upsets.ts";

export { BACKEND_CHANGES, type BackendChange } from "./backends/backend_changes.ts";
export type { WireCounters } from "./users/claim.ts";
export type { Fault } from "./web/faults.ts";
export type {
  BackendStatus,
  SimulatedAccount,
  SimulatedBackend,
  SimulatedModel,
  SimulatorOptions,
} from "./options.ts";
export { BACKEND_STATUSES, BACKEND_TYPES } from "./options.ts";
export { rightsOfRole, type Role, ROLES } from "./users/permissions.ts";
export type { RequestRecord } from "./web/request_log.ts";
export type { Upset } from "./images/upsets.ts";

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1"]);

/** How a server stops. */
export interface StopOptions {
  /**
   * As `kill -9`: connections are cut. Else requests under way get 200 with an empty body, or 500 if
   * they sent no `Accept-Encoding` (`swarmui-protocol.md §20.5`), and WebSockets end without a word.
   */
  readonly isKilled?: boolean;
  /**
   * How long a clean stop still answers requests that come on open connections, in milliseconds: each
   * once, as those under way. Default 0; SwarmUI takes 100 to 700.
   */
  readonly lingerMs?: number;
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
  /** The requests since the start, or since `clearRequests()`; the last 10,000 at most. */
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
   * Gives a backend another state by force. SwarmUI's look after backends with `allowIdle` leaves it
   * alone then, until it is set to `running` again; so `idle` stays `idle`, whatever its ComfyUI does.
   *
   * @throws {RangeError} If there is no such backend.
   */
  setBackendStatus(id: number, status: BackendStatus): void;
  /**
   * Restarts, switches, edits or deletes a backend, as an admin does (`swarmui-protocol.md §20.2`).
   * While all its `maxUsages` runs are live SwarmUI waits, and looks every 0.5 s: it calls the backend
   * `running` (or does not list it, if it is to be deleted), gives it no work, and answers direct calls
   * with 400. Otherwise it happens at once. Jobs in its ComfyUI go on in any case.
   *
   * @returns Resolves when SwarmUI would answer; a backend that begins again runs a bit later.
   */
  changeBackend(id: number, how: BackendChange): Promise<void>;
  /**
   * Lets the ComfyUI of a backend die, with all its jobs. A backend with `allowIdle` becomes `idle` at
   * once if it had a run, else when SwarmUI next looks, at most 5 s later.
   */
  killComfy(id: number): void;
  /** Starts a dead ComfyUI again, empty; an `idle` backend runs again when SwarmUI next looks. */
  reviveComfy(id: number): void;
  /**
   * Lets a ComfyUI stand still, as SIGSTOP does (§20.13): direct calls get no answer, its jobs do not go
   * on, and interrupted runs stay counted, until `resumeComfy()` or `killComfy()`.
   */
  hangComfy(id: number): void;
  /** Lets a ComfyUI that stands still go on. */
  resumeComfy(id: number): void;
  /**
   * Puts a job into a ComfyUI that does not come through SwarmUI: no counter and no age knows of it.
   * The state of the backend does not matter; a dead ComfyUI loses it.
   *
   * @param ms How long ComfyUI works on it.
   */
  addComfyJob(id: number, ms: number): void;
  /**
   * What ComfyUI has in its queue, running jobs included; also that of a backend that is away,
   * switched off or deleted. Negative ids are the ComfyUIs of remote servers; their entry has none.
   */
  comfyJobs(id: number): number;
  /**
   * Lets the server behind a `swarmswarmbackend` go away; its ComfyUIs work on (§20.4).
   *
   * @throws {RangeError} If the backend is of another type.
   */
  stopRemote(id: number): void;
  /** Brings it back. */
  startRemote(id: number): void;
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
  /** Lets the next image runs go wrong, or with `load_failed` the next model loads; default one. */
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
