/**
 * A simulated SwarmUI on loopback.
 *
 * It behaves as `swarmui-protocol.md` describes, with its own real state: sessions, counters, a
 * queue for each backend, pictures that it draws. It is for trying the tool and for testing
 * scripts. It does NOT draw what a prompt describes, compress its answers, write anything to disk,
 * make anything but PNG files (no thumbnails either), or tell more over ComfyUI's own WebSocket than
 * the length of its queue. A remote server is simulated only as far as the main server sees it. The
 * state of the backends in status answers is always up to date, where SwarmUI's may be a second old.
 */
import { resolveSettings, type SimulatorOptions } from "./options.ts";
import { Simulator } from "./running_simulator.ts";
import { Swarm } from "./swarm.ts";
import { RealClock } from "./waiting.ts";

export type { BackendChange } from "./backends/changes.ts";
export { Simulator } from "./running_simulator.ts";
export type { StopOptions } from "./server_process.ts";
export type { WireCounters } from "./users/claim.ts";
export type { Fault } from "./web/faults.ts";
export type {
  BackendStatus,
  SimulatedAccount,
  SimulatedBackend,
  SimulatedModel,
  SimulatorOptions,
} from "./options.ts";
export { BACKEND_TYPES, MODELS } from "./options.ts";
export { rightsOfRole, type Role, ROLES } from "./users/roles.ts";
export type { RequestRecord } from "./web/request_log.ts";
export type { Failure } from "./images/failures.ts";

/**
 * Starts a simulated SwarmUI. Needs `--allow-net` for its address.
 *
 * @throws {RangeError} If an option makes no sense.
 * @throws {Deno.errors.AddrInUse} If the port is taken.
 */
export function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  return Promise.try(() => {
    const { port = 0, clock = new RealClock(), ...rest } = options;
    return new Simulator(new Swarm(resolveSettings(rest), { clock }), port);
  });
}
