/** Decodes the server's lists (`swarmui-protocol.md §7, §20.9`). */
import { MODEL_TYPES } from "../../catalog/server_catalog.ts";
import type {
  Choice,
  Choices,
  Model,
  ModelType,
  NamedModel,
} from "../../catalog/server_catalog.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import type { Outcome } from "./failure.ts";
import { array, decode, flag, name, object, type Read, sound, type SoundList } from "./fields.ts";

/** SwarmUI's names of the kinds of models; upper and lower case matter. */
export const SUB_TYPES: Readonly<Record<ModelType, string>> = {
  checkpoint: "Stable-Diffusion",
  lora: "LoRA",
  vae: "VAE",
  embedding: "Embedding",
  controlnet: "ControlNet",
  clip: "Clip",
  clipvision: "ClipVision",
};

/** ListModels. */
export function decodeModelFiles(body: JsonObject): Outcome<SoundList<Model>> {
  return decode(body, object((told) => told.get("files", sound(model))));
}

/** ListLoadedModels. */
export function decodeLoadedModels(body: JsonObject): Outcome<readonly Model[]> {
  return decode(body, object((told) => told.get("models", sound(model)).entries));
}

/** DescribeModel. */
export function decodeModel(body: JsonObject): Outcome<Model> {
  return decode(body, object((told) => told.get("model", model)));
}

/**
 * Only the name is required: older servers give less, and no other missing field is a reason to
 * lose the list.
 */
const model = object((told): Model => ({
  name: told.get("name", name),
  title: textOf(told.raw("title")),
  loaded: told.ifSound("loaded", flag),
  architecture: textOf(told.raw("architecture")),
  className: textOf(told.raw("class")),
  compatibility: textOf(told.raw("compat_class")),
  standardWidth: positiveOf(told.raw("standard_width")),
  standardHeight: positiveOf(told.raw("standard_height")),
  author: textOf(told.raw("author")),
  license: textOf(told.raw("license")),
  description: textOf(told.raw("description")),
  usageHint: textOf(told.raw("usage_hint")),
  triggerPhrase: textOf(told.raw("trigger_phrase")),
  tags: tagsOf(told.raw("tags")),
  date: textOf(told.raw("date")),
  isLocal: told.ifSound("local", flag),
  createdAt: positiveOf(told.raw("time_created")),
  modifiedAt: positiveOf(told.raw("time_modified")),
  hash: textOf(told.raw("hash")),
}));

/** ListT2IParams: the names that a request may use. */
export function decodeCatalogChoices(body: JsonObject): Outcome<Choices> {
  return decode(
    body,
    object((told): Choices => {
      const parameters = told.get("list", array);
      const names = told.get("models", object((kinds) => kinds));
      return {
        models: new Map(
          MODEL_TYPES.map((type) => [
            type,
            names.ifSound(SUB_TYPES[type], sound(namedModel))?.entries ?? [],
          ]),
        ),
        samplers: choicesOf(parameters, "sampler"),
        schedulers: choicesOf(parameters, "scheduler"),
      };
    }),
  );
}

/** A pair of name and architecture; before 2025-11-11 the name alone (`swarmui-protocol.md §7.4`). */
const namedModel: Read<NamedModel> = (value, path) => {
  if (!Array.isArray(value)) return { name: name(value, path), architecture: null };
  const [first, second] = value;
  return { name: name(first, path), architecture: textOf(second) };
};

/** The values of a dropdown; `null` if it is not listed with its values. */
function choicesOf(parameters: readonly unknown[], id: string): readonly Choice[] | null {
  const found = parameters.filter(isJsonObject).find((entry) => entry["id"] === id);
  const values = found?.["values"];
  if (!Array.isArray(values)) return null;
  const titles = Array.isArray(found?.["value_names"]) ? found["value_names"] : [];
  return values.flatMap((value: unknown, index): readonly Choice[] =>
    typeof value === "string" && value !== "" ? [{ name: value, title: textOf(titles[index]) }] : []
  );
}

/** A text; `null` for an empty one, which SwarmUI sends if nothing is set. */
function textOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

function positiveOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;
}

function tagsOf(value: unknown): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  const tags = value.filter((tag) => textOf(tag) !== null).map(String);
  return tags.length > 0 ? tags : null;
}
