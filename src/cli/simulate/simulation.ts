/** The port for the simulated SwarmUI, for the command `simulate`. */

/** The simulator, loaded and not started. */
export interface Simulator {
  /** All permissions that it knows; `*` stands for all. */
  readonly permissions: readonly string[];
  /** All types of backends that it knows. */
  readonly backendTypes: readonly string[];
  /** The models that it has unless others are given. */
  readonly models: readonly string[];
  /**
   * Starts a simulated server on loopback.
   *
   * @throws {PermissionError} If Deno may not listen there.
   * @throws {AppError} If the port is in use.
   */
  start(options: SimulationOptions): Promise<RunningSimulation>;
}

/** Roles of SwarmUI, strongest first (`swarmui-protocol.md §0`). */
export const SIMULATED_ROLES = ["owner", "admin", "poweruser", "user", "guest"] as const;

/** A role of SwarmUI. */
export type SimulatedRole = typeof SIMULATED_ROLES[number];

/** What is simulated. Absent fields have the simulator's defaults. */
export interface SimulationOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Each with the model that it has loaded at the start, if any. */
  readonly backends: readonly { readonly type: string; readonly model?: string }[];
  readonly models?: readonly { readonly name: string }[];
  readonly loras?: readonly string[];
  readonly secondsPerStep?: number;
  readonly loadSeconds?: number;
  /** The role of the only user. */
  readonly role?: SimulatedRole;
  /** Exactly these permissions instead of a role's. */
  readonly permissions?: readonly string[];
  /** If there are any, everybody must log in. */
  readonly accounts?: readonly SimulatedAccount[];
  /** Called with each request as it comes. */
  readonly onRequest?: (request: SimulatedRequest) => void;
}

/** An account of the simulated server. */
export interface SimulatedAccount {
  readonly name: string;
  readonly password: string;
  readonly role?: SimulatedRole;
  readonly permissions?: readonly string[];
}

/** A request, handshake or message that the simulated server got. */
export interface SimulatedRequest {
  /** `POST`, `GET` …; `UPGRADE` for a WebSocket handshake, `FRAME` for a message on one. */
  readonly method: string;
  /** The API route as SwarmUI spells it, or the path; foreign text. */
  readonly route: string;
  /** `session-1`, `session-2` … in the order in which they were made; never the id itself. */
  readonly session: string | null;
}

/** A simulated server that runs until it is disposed. */
export interface RunningSimulation extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
}
