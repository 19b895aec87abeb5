/** Makes the backends of one run of the server, from the configuration and from the run before. */
import type { Clock } from "../../generation/clock.ts";
import type { SimulatedBackend } from "../options.ts";
import type { Bell } from "../waiting.ts";
import { Backend } from "./backend.ts";
import { RemoteSwarm } from "./remote_swarm.ts";

/**
 * Makes them. A ComfyUI that ran before goes on, and what an admin switched off or deleted stays so.
 * A `swarmswarmbackend` is several: its own entry, and one for each ComfyUI of the server behind it,
 * with the ids -1, -2, … (`swarmui-protocol.md §20.4`).
 *
 * @param options.old The backends of the run before.
 */
export function makeBackends(
  specs: readonly SimulatedBackend[],
  options: { readonly clock: Clock; readonly changed: Bell; readonly old: readonly Backend[] },
): readonly Backend[] {
  const { clock, changed, old } = options;
  const comfyOf = (wanted: number) => old.find(({ id }) => id === wanted)?.comfy;
  let nextChildId = -1;
  const backends = specs.flatMap((spec, id) => {
    const comfy = comfyOf(id);
    if (spec.type !== "swarmswarmbackend") {
      comfy?.revive();
      return [new Backend(id, { spec, clock, changed, comfy })];
    }
    const remote = new RemoteSwarm();
    const controller = new Backend(id, { spec, clock, changed, remote, comfy });
    const { status: _, remote: comfies = [{}], ...shared } = spec;
    const children = comfies.map(({ title = "", ...own }) => {
      const childId = nextChildId--;
      const child = new Backend(childId, {
        spec: { ...shared, ...own, title: `[Remote from ${id}: ${controller.title}] ${title}` },
        clock,
        changed,
        remote,
        controller,
        comfy: comfyOf(childId),
      });
      remote.add(child.comfy);
      return child;
    });
    return [controller, ...children];
  });
  for (const before of old) backends.find(({ id }) => id === before.id)?.inherit(before);
  return backends;
}
