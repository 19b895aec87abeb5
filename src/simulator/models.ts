/** The model files (`swarmui-protocol.md §7.1`). */
import type { JsonObject } from "./json.ts";
import type { SimulatedModel } from "./options.ts";

/** Kinds of model files, by SwarmUI's names. */
export const MODEL_KINDS = [
  "Stable-Diffusion",
  "VAE",
  "LoRA",
  "Embedding",
  "ControlNet",
  "Clip",
  "ClipVision",
] as const;

/** A kind of model files. */
export type ModelKind = (typeof MODEL_KINDS)[number];

/** A model file. */
export interface Model {
  readonly name: string;
  readonly kind: ModelKind;
  readonly title: string;
  readonly architecture: string;
  readonly width: number;
  readonly height: number;
  readonly createdMs: number;
}

/** All model files. */
export class Models {
  readonly #models: readonly Model[];

  constructor(
    options: {
      readonly models: readonly SimulatedModel[];
      readonly loras: readonly string[];
      readonly vaes: readonly string[];
      /** Epoch milliseconds: when the files were made. */
      readonly createdMs: number;
    },
  ) {
    const { createdMs } = options;
    const extra = (kind: ModelKind, suffix: string): (name: string) => Model => (name) =>
      modelOf({ name, architecture: `stable-diffusion-v1/${suffix}` }, { kind, createdMs });
    this.#models = [
      ...options.models.map((spec) => modelOf(spec, { kind: "Stable-Diffusion", createdMs })),
      ...options.loras.map(extra("LoRA", "lora")),
      ...options.vaes.map(extra("VAE", "vae")),
    ].sort((one, other) => one.name < other.name ? -1 : one.name > other.name ? 1 : 0);
  }

  /** All of one kind, by name. */
  list(kind: ModelKind): readonly Model[] {
    return this.#models.filter((model) => model.kind === kind);
  }

  /** The one with exactly this name, with or without its extension. */
  find(kind: ModelKind, name: string): Model | null {
    return this.list(kind).find((model) =>
      model.name === name || withoutExtension(model.name) === name
    ) ?? null;
  }
}

/** A model's name as parameters and metadata have it. */
export function withoutExtension(name: string): string {
  return name.endsWith(".safetensors") ? name.slice(0, -".safetensors".length) : name;
}

/** The hash of a model file: made up, but always the same. */
export async function hashOf(model: Model): Promise<string> {
  const bytes = new TextEncoder().encode(`${model.kind}/${model.name}`);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return `0x${new Uint8Array(digest).toHex()}`;
}

/**
 * A model as the API lists it.
 *
 * @param isLoaded Whether a backend has it as its current model.
 */
export async function modelToWire(model: Model, isLoaded: boolean): Promise<JsonObject> {
  const isLora = model.kind === "LoRA";
  const compatible = model.architecture.startsWith("stable-diffusion-xl")
    ? "stable-diffusion-xl-v1"
    : "stable-diffusion-v1";
  const hash = await hashOf(model);
  return {
    name: model.name,
    title: model.title,
    author: null,
    description: null,
    preview_image: "imgs/model_placeholder.jpg",
    loaded: isLoaded,
    architecture: model.architecture,
    class: isLora ? "Stable Diffusion v1 LoRA" : "Stable Diffusion v1",
    compat_class: compatible,
    resolution: `${model.width}x${model.height}`,
    standard_width: model.width,
    standard_height: model.height,
    license: null,
    date: null,
    prediction_type: null,
    usage_hint: null,
    trigger_phrase: "",
    merged_from: null,
    tags: null,
    is_supported_model_format: true,
    is_negative_embedding: false,
    lora_default_weight: "",
    lora_default_confinement: "",
    local: true,
    time_created: model.createdMs,
    time_modified: model.createdMs,
    hash,
    hash_sha256: hash,
    special_format: "",
  };
}

function modelOf(
  spec: SimulatedModel,
  options: { readonly kind: ModelKind; readonly createdMs: number },
): Model {
  const base = withoutExtension(spec.name.slice(spec.name.lastIndexOf("/") + 1));
  return {
    name: spec.name,
    kind: options.kind,
    title: spec.title ?? base.charAt(0).toUpperCase() + base.slice(1),
    architecture: spec.architecture ?? "stable-diffusion-v1",
    width: spec.standardWidth ?? 512,
    height: spec.standardHeight ?? 512,
    createdMs: options.createdMs,
  };
}
