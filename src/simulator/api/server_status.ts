/** The content of GetCurrentStatus and of status frames (`swarmui-protocol.md §5`). */
import type { Backend } from "../backends/backend.ts";
import { COMFY_FEATURES } from "../backends/backend_types.ts";
import type { JsonObject } from "../../json_object.ts";
import type { Swarm } from "../swarm.ts";
import type { WireCounters } from "../users/claim.ts";

const WHERE = "in the Backends section of the Server tab before you can continue.";

/** The whole answer for some counters. The part about the backends is always up to date. */
export function statusToWire(swarm: Swarm, counters: WireCounters): JsonObject {
  const backends = swarm.boot.pool.backends.filter((backend) => backend.isReal);
  const isComfyUp = backends.some((backend) =>
    (backend.isComfy || backend.remote !== null) && backend.status === "running"
  );
  return {
    status: counters,
    backend_status: backendStatus(backends),
    supported_features: isComfyUp ? COMFY_FEATURES : ["folderslash"],
  };
}

/** The state of all backends together: the first rule that applies (§5.4). */
function backendStatus(backends: readonly Backend[]): JsonObject {
  const some = (...statuses: readonly string[]): boolean =>
    backends.some(({ status }) => statuses.includes(status));
  const isLoading = some("loading", "waiting");
  if (backends.length === 0) {
    const text = `No backends present. You must configure backends ${WHERE}`;
    return says("empty", "error", text);
  }
  if (backends.every(({ isEnabled }) => !isEnabled)) {
    const text = `All backends are disabled. You must enable backends ${WHERE}`;
    return says("all_disabled", "error", text);
  }
  if (some("errored")) {
    const text = "Some backends have errored on the server. Check the server logs for details.";
    return { ...says("errored", "error", text), any_loading: isLoading };
  }
  if (some("running") && isLoading) {
    const text = "Some backends are ready, but others are still loading...";
    return { ...says("some_loading", "warn", text), any_loading: true };
  }
  if (some("running")) return says("running", "", "");
  if (isLoading) {
    const text = "Backends are still loading on the server...";
    return { ...says("loading", "soft", text), any_loading: true };
  }
  if (some("disabled")) return says("disabled", "warn", "Some backends are disabled.");
  const text = "All backends are idle. Cannot generate until at least one backend is running.";
  return says("idle", "warn", text);
}

function says(status: string, kind: string, message: string): JsonObject {
  return { status, class: kind, message, any_loading: false };
}
