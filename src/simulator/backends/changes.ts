/** Restarting, switching, editing and deleting a backend (`swarmui-protocol.md §20.2`). */
import type { Clock } from "../../generation/clock.ts";
import type { Backend } from "./backend.ts";
import type { BackendPool } from "./pool.ts";

/** What an admin can do with a backend. */
export type BackendChange = "restart" | "switch_off" | "switch_on" | "edit" | "delete";

/** How often a full backend is checked, in milliseconds. */
const FULL_LOOK_MS = 500;
/** Time between the end of a backend and its next start, in milliseconds. */
const RESTART_MS = 30;
/** How long a backend waits after it was switched on, in milliseconds. */
const SWITCH_ON_MS = 1_200;
/** How long a backend that does not answer is tried, in milliseconds (§6). */
const TRIES_MS = 5_000;

/** Where a change happens. */
export interface ChangePlace {
  readonly pool: BackendPool;
  readonly clock: Clock;
  /** Ends the change with the server. */
  readonly signal: AbortSignal;
}

/**
 * Changes a backend. While it is full it is only reserved: SwarmUI still calls it running, but
 * gives it no more work. Its ComfyUI finishes its jobs in any case.
 *
 * @returns Resolves when SwarmUI answers the call; starting goes on after that.
 */
export async function changeBackend(
  backend: Backend,
  how: BackendChange,
  place: ChangePlace,
): Promise<void> {
  const { pool, clock, signal } = place;
  backend.isPinned = false;
  if (how === "switch_on") {
    if (backend.isEnabled) return;
    backend.isEnabled = true;
    begin(backend, { ...place, status: "waiting", ms: SWITCH_ON_MS });
    return;
  }
  if (how === "switch_off") backend.isEnabled = false;
  if (how === "delete") backend.isDeleted = true;
  backend.isReserved = true;
  pool.schedule();
  while (backend.isInUse && !signal.aborted) {
    await clock.sleep(FULL_LOOK_MS, signal);
  }
  if (signal.aborted) return;
  backend.isReserved = false;
  backend.status = "disabled";
  // ComfyUI goes on loading, but nobody gets the result
  backend.load = null;
  if (how === "edit") backend.modcount++;
  if (how === "switch_off" || how === "delete" || !backend.isEnabled) return pool.schedule();
  begin(backend, { ...place, status: how === "edit" ? "waiting" : "loading", ms: RESTART_MS });
}

async function begin(
  backend: Backend,
  options: ChangePlace & { readonly status: "waiting" | "loading"; readonly ms: number },
): Promise<void> {
  const { pool, clock, signal } = options;
  const isStill = (status: string): boolean =>
    !signal.aborted && !backend.isPinned && backend.status === status;
  backend.status = options.status;
  pool.schedule();
  await clock.sleep(options.ms, signal);
  if (!isStill(options.status)) return;
  if (backend.answers) backend.status = "running";
  else if (backend.allowsIdle) backend.status = "idle";
  else {
    backend.status = "loading";
    await clock.sleep(TRIES_MS, signal);
    if (!isStill("loading")) return;
    backend.status = backend.answers ? "running" : "errored";
  }
  pool.schedule();
}
