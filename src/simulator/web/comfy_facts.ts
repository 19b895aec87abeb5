/** ComfyUI's answers about itself: `/system_stats` and `/object_info`. */
import type { JsonObject } from "../../json_object.ts";
import type { Models } from "../models/models.ts";
import { SAMPLERS, SCHEDULERS } from "../models/samplers.ts";

const GIGABYTE = 1_000_000_000;

/** `/system_stats` of a ComfyUI with one card. */
export function systemStats(isBusy: boolean): JsonObject {
  const free = (isBusy ? 4 : 21) * GIGABYTE;
  return {
    system: {
      os: "posix",
      ram_total: 64 * GIGABYTE,
      ram_free: 44 * GIGABYTE,
      comfyui_version: "0.3.75",
      python_version: "3.12.3",
      pytorch_version: "2.8.0",
      embedded_python: false,
      argv: ["main.py"],
    },
    devices: [{
      name: "cuda:0 Simulated GPU",
      type: "cuda",
      index: 0,
      vram_total: 24 * GIGABYTE,
      vram_free: free,
      torch_vram_total: 2 * GIGABYTE,
      torch_vram_free: GIGABYTE,
    }],
  };
}

/** `/object_info`: only the nodes whose choices a client may want. */
export function objectInfo(models: Models): JsonObject {
  const names = models.list("Stable-Diffusion").map(({ name }) => name);
  return {
    CheckpointLoaderSimple: node("CheckpointLoaderSimple", {
      inputs: { ckpt_name: [names] },
      output: ["MODEL", "CLIP", "VAE"],
    }),
    KSampler: node("KSampler", {
      inputs: {
        sampler_name: [SAMPLERS.map(([name]) => name)],
        scheduler: [SCHEDULERS.map(([name]) => name)],
      },
      output: ["LATENT"],
    }),
  };
}

function node(
  name: string,
  options: { readonly inputs: JsonObject; readonly output: readonly string[] },
): JsonObject {
  const { inputs, output } = options;
  return {
    input: { required: inputs },
    input_order: { required: Object.keys(inputs) },
    output,
    output_is_list: output.map(() => false),
    output_name: output,
    name,
    display_name: name,
    description: "",
    category: "simulated",
    output_node: false,
  };
}
