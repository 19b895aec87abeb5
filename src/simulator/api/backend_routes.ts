/** Routes about the backends (`swarmui-protocol.md §6, §20.2`). */
import type { Backend } from "../backends/backend.ts";
import { backendTypesToWire } from "../backends/backend_types.ts";
import { type BackendChange, changeBackend } from "../backends/changes.ts";
import { isJsonObject } from "../../json_object.ts";
import { valueText } from "../models/parameter_value.ts";
import type { Swarm } from "../swarm.ts";
import { RouteError } from "./refusals.ts";
import { type ApiCall, flagOf, integerOf, type Route, route } from "./route.ts";

/** All routes of this kind. */
export const BACKEND_ROUTES: readonly Route[] = [
  route("ListBackends", "view_backends_list", ({ swarm, body }) => {
    const listsSpawned = flagOf(body, "nonreal");
    const isFull = flagOf(body, "full_data");
    const listed = swarm.boot.pool.backends.filter(({ isReal, controller }) =>
      isReal || (listsSpawned && controller?.isEnabled === true)
    );
    // as recorded: the real ones, then the others from the last to the first
    const real = listed.filter(({ isReal }) => isReal);
    const spawned = listed.filter(({ isReal }) => !isReal).reverse();
    return Object.fromEntries(
      [...real, ...spawned].map((backend) => [String(backend.id), backend.toWire(isFull)]),
    );
  }),
  route("ListBackendTypes", "view_backends_list", () => backendTypesToWire()),
  route("RestartBackends", "restart_backends", async ({ swarm, body }) => {
    const wanted = "backend" in body ? valueText(body.backend) : "all";
    const restarted = swarm.boot.pool.backends.filter(({ id, isReal, status }) =>
      isReal && (status === "running" || status === "errored") &&
      (wanted === "all" || wanted === String(id))
    );
    await Promise.all(restarted.map((backend) => change(swarm, backend, "restart")));
    return { result: "Success.", count: restarted.length };
  }),
  route("ToggleBackend", "toggle_backends", async ({ swarm, body }) => {
    const backend = backendOf(swarm, body);
    const isEnabled = flagOf(body, "enabled");
    if (backend.isEnabled === isEnabled) return { result: "No change." };
    await change(swarm, backend, isEnabled ? "switch_on" : "switch_off");
    return { result: "Success." };
  }),
  route("EditBackend", "edit_backends", async ({ swarm, body }) => {
    const backend = backendOf(swarm, body);
    const { title, settings } = body;
    await change(swarm, backend, "edit");
    if (typeof title === "string") backend.title = title;
    if (isJsonObject(settings)) backend.settings = settings;
    return backend.toWire(false);
  }),
  route("DeleteBackend", "add_remove_backends", async ({ swarm, body }) => {
    const backend = findBackend(swarm, integerOf(body, "backend_id"));
    if (backend === undefined) return { result: "Already didn't exist." };
    await change(swarm, backend, "delete");
    return { result: "Deleted." };
  }),
];

/** Changes a backend in the present run of the server. */
export function change(swarm: Swarm, backend: Backend, how: BackendChange): Promise<void> {
  const { pool, signal } = swarm.boot;
  return changeBackend(backend, how, { pool, signal, clock: swarm.clock });
}

/** @throws {RouteError} If there is no such backend. */
function backendOf(swarm: Swarm, body: ApiCall["body"]): Backend {
  const id = integerOf(body, "backend_id");
  const backend = findBackend(swarm, id);
  if (backend === undefined) throw new RouteError(`Invalid backend ID ${id}`);
  return backend;
}

function findBackend(swarm: Swarm, id: number): Backend | undefined {
  return swarm.boot.pool.backends.find((each) => each.id === id && each.isReal);
}
