/** `/ComfyBackendDirect/ws`: a ComfyUI's own socket, through SwarmUI (`swarmui-protocol.md §20.12`). */
import type { ComfyProcess } from "../backends/comfy_process.ts";
import type { Swarm } from "../swarm.ts";
import { firstAbort } from "../../generation/until_aborted.ts";
import type { ServerSocket } from "../wire/server_socket.ts";

/** The code with which SwarmUI closes when ComfyUI dies. */
const COMFY_DIED = 1011;

/**
 * Tells the length of a queue when the socket opens, and at each change, whatever has become of the
 * backend in the meantime. A dead ComfyUI's socket ends at once; one that hangs says nothing.
 */
export async function tellQueue(
  swarm: Swarm,
  { comfy, socket }: { readonly comfy: ComfyProcess; readonly socket: ServerSocket },
): Promise<void> {
  const { signal } = swarm.boot;
  if (!comfy.isAlive) return socket.drop();
  let hasGone = false;
  const gone = readToEnd(socket).then(() => hasGone = true);
  for (let told: number | null = null; !hasGone && !signal.aborted;) {
    if (!comfy.isAlive) return await socket.close(COMFY_DIED);
    const { length } = comfy.jobs;
    const changed = swarm.changed.next();
    if (length !== told && !comfy.isHanging) {
      told = length;
      void socket.send(statusText(length));
    }
    await Promise.race([changed, gone, firstAbort([signal])]);
  }
  socket.drop();
}

async function readToEnd(socket: ServerSocket): Promise<void> {
  while (await socket.receive() !== null);
}

function statusText(remaining: number): string {
  const status = { exec_info: { queue_remaining: remaining } };
  return JSON.stringify({ type: "status", data: { status } }, null, 2);
}
