/** The model files (`swarmui-protocol.md §7.1`). */
import type { JsonObject } from "../../json_object.ts";
import type { Settings, SimulatedModel } from "../options.ts";
import type { ModelKind } from "./model_kind.ts";

/** A model file. */
export interface Model {
  readonly name: string;
  readonly kind: ModelKind;
  readonly title: string;
  readonly architecture: string;
  readonly createdMs: number;
  /** What else its file contains. */
  readonly told: SimulatedModel;
}

/** All model files. */
export class Models {
  readonly #models: readonly Model[];
  readonly #hashed = new Set<Model>();

  /** @param createdMs When the files were made, epoch milliseconds. */
  constructor({ models, loras }: Pick<Settings, "models" | "loras">, createdMs: number) {
    const loraSpecs = loras.map((name) => ({ name, architecture: "stable-diffusion-v1/lora" }));
    this.#models = [
      ...models.map((spec) => modelOf(spec, { kind: spec.kind ?? "Stable-Diffusion", createdMs })),
      ...loraSpecs.map((spec) => modelOf(spec, { kind: "LoRA", createdMs })),
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

  /** Computes a model's hash, as SwarmUI does when a model is first described or used. */
  computeHash(model: Model): void {
    this.#hashed.add(model);
  }

  /** Says whether a model's hash was computed: large files are not read before that is needed. */
  hasHash(model: Model): boolean {
    return this.#hashed.has(model);
  }
}

/** A model's name in parameters and metadata. */
export function withoutExtension(name: string): string {
  return name.endsWith(".safetensors") ? name.slice(0, -".safetensors".length) : name;
}

/** The hash of a model file: derived from its name (FNV-1a, eight times), so always the same. */
export function hashOf(model: Model): string {
  let hash = 0x811c9dc5;
  let text = "0x";
  for (let round = 0; round < 8; round++) {
    for (const character of `${round}/${model.kind}/${model.name}`) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    }
    text += hash.toString(16).padStart(8, "0");
  }
  return text;
}

/**
 * A model as the API lists it.
 *
 * @param options.isLoaded Whether a backend has it as its current model.
 * @param options.hasHash Whether its hash was computed yet.
 */
export function modelToWire(
  model: Model,
  options: { readonly isLoaded: boolean; readonly hasHash: boolean },
): JsonObject {
  const isLarge = model.architecture.startsWith("stable-diffusion-xl");
  const suffix = model.kind === "LoRA" ? " LoRA" : "";
  const side = isLarge ? 1_024 : 512;
  const hash = options.hasHash ? hashOf(model) : "";
  return {
    name: model.name,
    title: model.title,
    author: model.told.author ?? null,
    description: model.told.description ?? null,
    preview_image: "imgs/model_placeholder.jpg",
    loaded: options.isLoaded,
    architecture: model.architecture,
    class: (isLarge ? "Stable Diffusion XL 1.0-Base" : "Stable Diffusion v1") + suffix,
    compat_class: isLarge ? "stable-diffusion-xl-v1" : "stable-diffusion-v1",
    resolution: `${side}x${side}`,
    standard_width: side,
    standard_height: side,
    license: model.told.license ?? null,
    date: model.told.date ?? null,
    prediction_type: null,
    usage_hint: model.told.usage_hint ?? null,
    trigger_phrase: model.told.trigger_phrase ?? "",
    merged_from: null,
    tags: model.told.tags ?? null,
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
    createdMs: spec.createdMs ?? options.createdMs,
    told: spec,
  };
}
