/** One image run of a request: waits for a backend, works in ComfyUI and saves the result. */
import type { Backend } from "../backends/backend.ts";
import type { Job, JobOutcome } from "../backends/comfy_process.ts";
import { isServerPicture, splitList } from "../models/parameter_value.ts";
import type { AcceptedGeneration } from "./accepted_generation.ts";
import { deliver, seedOf } from "./image_delivery.ts";
import { ImageProgress } from "./image_progress.ts";
import { isSet } from "./read_image_request.ts";
import { imageStages, imageWorkflow } from "./workflow.ts";

const WRONG = "Something went wrong while generating images.";
/** How a remote server's error is passed on (`swarmui-protocol.md §20.4`). */
const REMOTE_ERROR = "Remote swarm gave error: ";
const INTERRUPTED = "Generation session interrupted.";
const REFUSED = "ComfyUI errored: " + JSON.stringify(
  {
    error: {
      type: "prompt_outputs_failed_validation",
      message: "Prompt outputs failed validation",
      details: "",
      extra_info: {},
    },
    node_errors: {},
  },
  null,
  2,
);

/**
 * Makes the images of one run. It never throws for failures that can happen on a server.
 *
 * @param options.onAsked Called when the run has its backend, or has to wait for one.
 */
export async function runImage(
  generation: AcceptedGeneration,
  { run, onAsked }: { readonly run: number; readonly onAsked: () => void },
): Promise<void> {
  const { claim, boot, request } = generation;
  claim.extend("waiting_backends");
  generation.sendStatus();
  const search = boot.pool.acquire({
    model: request.model?.name ?? null,
    backendId: request.backendId,
    backendType: request.backendType,
    session: generation.session,
    claim,
    signal: generation.interrupted,
    onLoad: () => generation.sendStatus(),
  });
  if (await isPending(search)) onAsked();
  const backend = await search;
  if (typeof backend === "string") generation.fail(backend);
  claim.complete("waiting_backends");
  if (boot.signal.aborted) return;
  generation.sendStatus();
  if (backend === null || typeof backend === "string") return;
  if (generation.isStopped) return boot.pool.release(backend);
  claim.extend("live_gens");
  generation.sendStatus();
  onAsked();
  try {
    const error = await workOn(generation, { run, backend });
    if (boot.signal.aborted) return;
    if (error === null) await waitForRemoteClose(generation, backend);
    else generation.fail(backend.remote === null || error === WRONG ? error : REMOTE_ERROR + error);
  } finally {
    boot.pool.release(backend);
    claim.complete("waiting_gens");
    claim.complete("live_gens");
    if (!boot.signal.aborted) generation.sendStatus();
  }
}

/** Whether a promise is still pending after everything that can happen at once. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let isOpen = true;
  promise.finally(() => isOpen = false);
  for (let turn = 0; turn < 10 && isOpen; turn++) await Promise.resolve();
  return isOpen;
}

/** @returns What went wrong, in SwarmUI's words; `null` if nothing did. */
async function workOn(
  generation: AcceptedGeneration,
  { run, backend }: { readonly run: number; readonly backend: Backend },
): Promise<string | null> {
  const { swarm, request, interrupted, boot } = generation;
  const { model } = request;
  if (model === null) return "No model input given. Did your UI load properly?";
  if (request.initImage !== null && !isPicture(request.initImage)) return WRONG;
  if (!hasNumbers(request.values.get("loraweights"))) return WRONG;
  if (backend.remote?.isUp === false) return WRONG;
  const failure = swarm.failures.take();
  if (failure === "refused") return REFUSED;
  const claimedMs = swarm.clock.monotonicMs();
  const seed = seedOf(generation, { run, image: 0 });
  const progress = new ImageProgress(generation, { run, seed });
  let beganMs = claimedMs;
  const job = backend.comfy.add(
    imageWorkflow(request, { model: model.name, seed }),
    () => {
      beganMs = swarm.clock.monotonicMs();
      return imageStages({
        comfy: backend.comfy,
        model: model.name,
        steps: request.steps,
        times: swarm.settings,
        progress,
        failure: failure === "hang" || failure === "node_error" ? failure : null,
      });
    },
  );
  const outcome = await outcomeOf(job, { interrupted, stop: boot.signal, backend });
  if (boot.signal.aborted) return null;
  if (outcome.kind === "interrupted") return INTERRUPTED;
  if (outcome.kind !== "done") {
    backend.flip();
    return outcome.kind === "failed" ? `ComfyUI execution error: ${outcome.message}` : WRONG;
  }
  await swarm.clock.sleep(swarm.settings.saveMs, boot.signal);
  if (boot.signal.aborted || failure === "lost") return null;
  if (failure === "save_failed") return "Server failed to save an image.";
  const prepMs = beganMs - generation.startedMs;
  const generationMs = swarm.clock.monotonicMs() - beganMs;
  if (isSet(request, "forwardswarmdata")) {
    generation.output.send({ raw_swarm_data: { params_used: [...request.values.keys()] } });
  }
  for (let image = 0; image < request.batchSize; image++) {
    if (image > 0) progress.done();
    deliver(generation, { run, image, times: { prepMs, generationMs }, failure });
  }
  swarm.log.write(
    `Generated an image in ${(prepMs / 1_000).toFixed(2)} sec (prep) and ` +
      `${(generationMs / 1_000).toFixed(2)} sec (gen)`,
    swarm.clock.now(),
  );
  return null;
}

/**
 * Waits for a job. An interrupt ends the wait at once, while ComfyUI winds down (§5.1). But a
 * ComfyUI that hangs is waited for (§20.13), and a remote server notices the interrupt only when it
 * sends something (§20.4).
 */
async function outcomeOf(
  job: Job,
  options: {
    readonly interrupted: AbortSignal;
    readonly stop: AbortSignal;
    readonly backend: Backend;
  },
): Promise<JobOutcome> {
  const { backend } = options;
  const { comfy, remote } = backend;
  const { promise, resolve } = Promise.withResolvers<JobOutcome>();
  const over = new AbortController();
  job.outcome.then(resolve);
  const listen = (signal: AbortSignal, react: () => void): void => {
    if (signal.aborted) react();
    else signal.addEventListener("abort", react, { signal: over.signal });
  };
  const interrupt = (): void => {
    job.interrupt();
    resolve({ kind: "interrupted" });
  };
  listen(options.interrupted, () => {
    if (remote !== null) remote.nextMessage().then(interrupt);
    else if (comfy.isHanging) comfy.whenGoingOn().then(interrupt);
    else interrupt();
  });
  listen(options.stop, () => resolve({ kind: "lost" }));
  // the remote server's work goes on by itself
  if (remote !== null) listen(remote.signal, () => resolve({ kind: "lost" }));
  const outcome = await promise;
  over.abort();
  return outcome;
}

/** A remote server's run is over only when that server has closed its socket (§20.4). */
async function waitForRemoteClose(generation: AcceptedGeneration, backend: Backend): Promise<void> {
  if (backend.remote === null) return;
  const { boot, interrupted, swarm } = generation;
  const stop = AbortSignal.any([boot.signal, interrupted, backend.remote.signal]);
  await swarm.clock.sleep(swarm.settings.closePauseMs, stop);
}

/** Weights are read only when the workflow is made; no message says if they are wrong. */
function hasNumbers(weights: string | undefined): boolean {
  return splitList(weights ?? "").every((weight) => !Number.isNaN(Number(weight)));
}

function isPicture(initImage: string): boolean {
  if (isServerPicture(initImage)) return true;
  const base64 = initImage.startsWith("data:") ? initImage.split(",")[1] ?? "" : initImage;
  return ["iVBORw0KGgo", "/9j/", "UklGR", "R0lGOD"].some((start) => base64.startsWith(start));
}
