/** The port to the simulated SwarmUI, for the command `simulate`. */

/** Roles of SwarmUI, strongest first (`swarmui-protocol.md §0`). */
export const SIMULATED_ROLES = ["owner", "admin", "poweruser", "user", "guest"] as const;

/** A role of SwarmUI. */
export type SimulatedRole = typeof SIMULATED_ROLES[number];

/** What is simulated. What is absent is as the simulator has it by itself. */
export interface SimulationOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly backends: readonly { readonly type: string }[];
  readonly models?: readonly { readonly name: string }[];
  readonly loras?: readonly string[];
  readonly secondsPerStep?: number;
  readonly loadSeconds?: number;
  /** The role of the user that everybody is. */
  readonly role?: SimulatedRole;
  /** Exactly these permissions instead of a role's. */
  readonly permissions?: readonly string[];
}

/** A simulated server that runs until it is disposed. */
export interface RunningSimulation extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
}
