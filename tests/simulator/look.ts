/** What a client can see of the simulator's backends. */
import { fetchHere } from "../support/http_clients.ts";
import type { Bench } from "./client.ts";
import { isObject } from "./transcript.ts";

/** ComfyUI's queue through SwarmUI: its length, or the status of the answer. */
export async function queueOf(b: Bench, id?: number): Promise<string> {
  const response = await fetchHere(`${b.simulator.url}/ComfyBackendDirect/prompt`, {
    ...(id === undefined ? {} : { headers: { "X-Swarm-Backend-ID": String(id) } }),
  });
  const text = await response.text();
  return response.ok ? `queue ${/\d+/.exec(text)?.[0]}` : String(response.status);
}

/** `id status age` of each backend, as in ListBackends; ` off` for those that are not enabled. */
export async function backendsOf(
  b: Bench,
  options: { readonly session: string; readonly nonreal?: boolean },
): Promise<readonly string[]> {
  const { body } = await b.call("ListBackends", {
    session_id: options.session,
    nonreal: options.nonreal ?? false,
  });
  return Object.entries(body).map(([id, backend]) => {
    if (!isObject(backend)) return id;
    const age = backend.time_since_used === "Never" ? "Never" : backend.seconds_since_used;
    return `${id} ${backend.status} ${age}${backend.enabled === true ? "" : " off"}`;
  });
}
