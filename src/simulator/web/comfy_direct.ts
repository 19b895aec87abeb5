/** `/ComfyBackendDirect`: ComfyUI's own queue, through SwarmUI (`swarmui-protocol.md §6.1`). */
import type { Backend } from "../backends/backend.ts";
import type { ComfyProcess } from "../backends/comfy_process.ts";
import { directStages } from "../images/workflow.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import { parseJsonObject } from "../exact_json.ts";
import type { Swarm } from "../swarm.ts";
import { firstAbort } from "../../generation/until_aborted.ts";
import { type HttpReply, textReply } from "../wire/http_reply.ts";
import type { HttpRequest } from "../wire/http_request.ts";
import { objectInfo, systemStats } from "./comfy_facts.ts";
import { htmlPage } from "./pages.ts";

/** The beginning of its paths. */
export const COMFY_DIRECT_PATH = "/ComfyBackendDirect/";

/**
 * Answers a request below `COMFY_DIRECT_PATH`.
 *
 * @returns `null` if the server stopped before ComfyUI answered.
 */
export async function answerComfyDirect(
  swarm: Swarm,
  request: HttpRequest,
): Promise<HttpReply | null> {
  const found = findBackend(swarm, request);
  if ("body" in found) return found;
  const { backend, comfy } = found;
  if (comfy.isHanging) {
    await Promise.race([comfy.whenGoingOn(), firstAbort([swarm.boot.signal])]);
    if (swarm.boot.signal.aborted) return null;
  }
  if (!comfy.isAlive) return htmlPage("Error 500: Internal Server Error", 500);
  const path = request.path.slice(COMFY_DIRECT_PATH.length);
  const call = `${request.method} ${path}`;
  const { jobs } = comfy;
  if (call === "GET prompt") return comfyReply({ exec_info: { queue_remaining: jobs.length } });
  if (call === "GET queue") {
    const entries = jobs.map((job) => [job.number, job.id, job.workflow, {}, []]);
    return comfyReply({ queue_running: entries.slice(0, 1), queue_pending: entries.slice(1) });
  }
  if (call === "GET system_stats") return comfyReply(systemStats(jobs.length > 0));
  if (call === "GET object_info") return comfyReply(objectInfo(swarm.models));
  if (call === "POST prompt") return addJob(swarm, { backend, comfy, request });
  return textReply("404: Not Found", { status: 404, contentType: "text/plain; charset=utf-8" });
}

/** The ComfyUI whose socket is meant, or why there is none. */
export function findComfy(swarm: Swarm, request: HttpRequest): ComfyProcess | HttpReply {
  const found = findBackend(swarm, request);
  return "body" in found ? found : found.comfy;
}

/** The backend that is meant, and the ComfyUI that answers for it, or why there is none. */
function findBackend(
  swarm: Swarm,
  request: HttpRequest,
): HttpReply | { readonly backend: Backend; readonly comfy: ComfyProcess } {
  const user = swarm.users.ofRequest(request.headers);
  if (user === null || !user.may("comfy_direct_calls")) {
    return comfyPage("Permission denied.", 401);
  }
  const backend = backendFor(swarm, request.headers.get("x-swarm-backend-id"));
  if (backend?.remote?.isUp === false) return htmlPage("Error 500: Internal Server Error", 500);
  // a remote server is not told which of its ComfyUIs is meant (§20.4)
  const answering = backend?.remote === null ? backend : firstRunning(swarm, backend);
  if (backend === null || answering === null) {
    return comfyPage("No ComfyUI backend available, loading failed.", 400);
  }
  return { backend, comfy: answering.comfy };
}

function backendFor(swarm: Swarm, id: string | null): Backend | null {
  const usable = swarm.boot.pool.backends.filter((backend) =>
    (backend.isComfy || !backend.isReal) && backend.isUsable &&
    (id === null || String(backend.id) === id)
  );
  return usable.find(({ isReal }) => isReal) ?? usable[0] ?? null;
}

/** The ComfyUI whose queue is a remote server's answer. */
function firstRunning(swarm: Swarm, backend: Backend | null): Backend | null {
  return swarm.boot.pool.backends.find(({ isReal, remote, status }) =>
    !isReal && remote === backend?.remote && status === "running"
  ) ?? null;
}

/** Adds a job that SwarmUI does not count; it only marks the backend as used. */
function addJob(
  swarm: Swarm,
  options: {
    readonly backend: Backend;
    readonly comfy: ComfyProcess;
    readonly request: HttpRequest;
  },
): HttpReply {
  const { backend, comfy } = options;
  const body = parseJsonObject(new TextDecoder().decode(options.request.body));
  const workflow = body?.prompt;
  if (!isJsonObject(workflow)) {
    const error = { type: "no_prompt", message: "No prompt provided", details: "", extra_info: {} };
    return comfyReply({ error, node_errors: {} }, 400);
  }
  backend.touch();
  const job = comfy.add(workflow, () => directStages(workflow, { comfy, times: swarm.settings }));
  return comfyReply({ prompt_id: job.id, number: job.number, node_errors: {} });
}

function comfyReply(body: JsonObject, status = 200): HttpReply {
  return textReply(JSON.stringify(body), {
    status,
    contentType: "application/json; charset=utf-8",
  });
}

/** A page in place of ComfyUI's answer. */
function comfyPage(text: string, status: 400 | 401): HttpReply {
  const html = `<!DOCTYPE html>
<html>
<head>
<style>body{background-color:#101010;color:#eeeeee;}</style>
</head>
<body>
<span class="comfy-failed-to-load">${text}</span>
</body>
</html>`;
  return textReply(html, { status, contentType: "text/html" });
}
