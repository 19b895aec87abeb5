/** SwarmUI's checks of backends with AllowIdle (`swarmui-protocol.md §20.1`). */
import type { Clock } from "../../generation/clock.ts";
import type { Backend } from "./backend.ts";
import type { BackendPool } from "./pool.ts";

/** How often SwarmUI asks whether they answer, in milliseconds. */
const LOOK_MS = 5_000;

/**
 * Checks every 5 s from now on, until the server stops. A server without such backends needs no
 * checks.
 */
export async function watchIdleBackends(
  pool: BackendPool,
  options: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const { clock, signal } = options;
  if (!pool.all.some(({ allowsIdle }) => allowsIdle)) return;
  while (true) {
    await clock.sleep(LOOK_MS, signal);
    if (signal.aborted) return;
    look(pool);
  }
}

function look(pool: BackendPool): void {
  for (const backend of pool.backends) {
    if (!backend.allowsIdle || !backend.isReal || backend.isPinned) continue;
    if (backend.status === "running" && !backend.answers) backend.status = "idle";
    else if (backend.status === "idle") welcome(backend, pool);
  }
  pool.schedule();
}

/**
 * An idle backend that answers is running again; one that hangs, as soon as it continues (as
 * recorded).
 */
async function welcome(backend: Backend, pool: BackendPool): Promise<void> {
  if (backend.comfy.isHanging) await backend.comfy.whenGoingOn();
  if (!backend.answers || backend.isPinned || backend.status !== "idle") return;
  backend.status = "running";
  pool.schedule();
}
