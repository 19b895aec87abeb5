/** The work of ComfyUI for an image, in parts. */
import type { ComfyProcess, Stage } from "../backends/comfy_process.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import type { ImageRequest } from "./read_image_request.ts";

/** Nodes that begin before the sampler works; the fifth is the sampler. */
const FIRST_NODES = [1, 2, 3, 4, 5];
const DECODE_NODE = 6;
const SAVE_NODE = 7;
const MAX_STEPS = 10_000;
const FAULT = "fake node fault: out of memory";

/** Callbacks for the parts. */
export interface StageProgress {
  node(number: number): void;
  step(number: number, steps: number): void;
  done(): void;
}

/** Times of the parts, in milliseconds. */
export interface StageTimes {
  readonly nodeMs: number;
  readonly stepMs: number;
  readonly loadMs: number;
}

/**
 * The parts of an image run: the model load if needed, some nodes, the steps of the sampler (nearly
 * all of the time), and the nodes after it.
 */
export function imageStages(
  options: {
    readonly comfy: ComfyProcess;
    readonly model: string;
    readonly steps: number;
    readonly times: StageTimes;
    readonly progress: StageProgress;
    readonly failure: "hang" | "node_error" | null;
  },
): readonly Stage[] {
  const { comfy, model, steps, times, progress, failure } = options;
  const load: Stage = { ms: times.loadMs, onEnd: () => comfy.loadedModel = model };
  const nodes = FIRST_NODES.map((number): Stage => ({
    ms: number === FIRST_NODES.length ? 0 : times.nodeMs,
    onStart: () => progress.node(number),
  }));
  const sampling = Array.from({ length: steps }, (_, index): Stage => {
    const fails = failure !== null && index === Math.min(1, steps - 1);
    if (fails) return failure === "hang" ? { ms: Infinity } : { ms: times.stepMs, failure: FAULT };
    return { ms: times.stepMs, onEnd: () => progress.step(index + 1, steps) };
  });
  return [
    ...(comfy.loadedModel === model ? [] : [load]),
    ...nodes,
    ...sampling,
    { ms: times.nodeMs, onStart: () => progress.node(DECODE_NODE) },
    {
      ms: times.nodeMs,
      onStart: () => progress.node(SAVE_NODE),
      onEnd: () => progress.done(),
    },
  ];
}

/** The workflow of an image run as ComfyUI's queue shows it. */
export function imageWorkflow(
  request: ImageRequest,
  options: { readonly model: string; readonly seed: bigint },
): JsonObject {
  return {
    "4": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: options.model } },
    "5": {
      class_type: "EmptyLatentImage",
      inputs: { width: request.width, height: request.height, batch_size: request.batchSize },
    },
    "6": { class_type: "CLIPTextEncode", inputs: { clip: ["4", 1], text: request.prompt } },
    "7": { class_type: "CLIPTextEncode", inputs: { clip: ["4", 1], text: request.negativePrompt } },
    "10": {
      class_type: "SwarmKSampler",
      inputs: { noise_seed: Number(options.seed), steps: request.steps, model: ["4", 0] },
    },
    "8": { class_type: "VAEDecode", inputs: { samples: ["10", 0], vae: ["4", 2] } },
    "9": { class_type: "SwarmSaveImageWS", inputs: { images: ["8", 0] } },
  };
}

/**
 * The parts of a job that was sent straight to ComfyUI: loading the model of its workflow, if it is
 * not in memory, and the steps of its sampler.
 */
export function directStages(
  workflow: JsonObject,
  options: { readonly comfy: ComfyProcess; readonly times: StageTimes },
): readonly Stage[] {
  const { comfy, times } = options;
  const inputs = Object.values(workflow).flatMap((node) =>
    isJsonObject(node) && isJsonObject(node.inputs) ? [node.inputs] : []
  );
  const model = inputs.map(({ ckpt_name }) => ckpt_name).find((name) => typeof name === "string");
  const steps = inputs.map((each) => Number(each.steps)).find((count) => count >= 1) ?? 1;
  const load: Stage = { ms: times.loadMs, onEnd: () => comfy.loadedModel = String(model) };
  return [
    ...(model === undefined || model === comfy.loadedModel ? [] : [load]),
    ...Array.from({ length: Math.min(MAX_STEPS, Math.floor(steps)) }, () => ({ ms: times.stepMs })),
  ];
}
