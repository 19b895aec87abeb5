/** A generation request as SwarmUI understands it (`swarmui-protocol.md §3`). */
import { isJsonObject, type JsonObject } from "../json.ts";
import { type Model, type Models, withoutExtension } from "../models/models.ts";
import { findParameter, type Parameter } from "../models/parameter_table.ts";
import { ParameterError, readValue, splitList, valueText } from "../models/parameter_value.ts";
import { SAMPLERS, SCHEDULERS } from "../models/samplers.ts";
import { interpretPrompt } from "./prompt.ts";
import { randomSeed, sizeOf } from "./image_size.ts";
import type { User } from "../users/user.ts";

/** Keys that are not image parameters, or not read as such. */
const OTHER_KEYS: ReadonlySet<string> = new Set(["session_id", "presets", "extra_metadata"]);

/** What the server has to choose from at this moment. */
export interface Available {
  readonly models: Models;
  /** Ids of the running backends. */
  readonly backendIds: readonly string[];
  readonly backendTypes: readonly string[];
}

/** A request, understood. */
export interface ImageRequest {
  /** The parameters that were given, as SwarmUI keeps them, in the order of the request. */
  readonly values: ReadonlyMap<string, string>;
  /** After interpretation. */
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly model: Model | null;
  readonly loras: readonly Model[];
  readonly batchSize: number;
  readonly steps: number;
  /** Of the first image; never -1. */
  readonly seed: bigint;
  readonly width: number;
  readonly height: number;
  readonly backendId: number | null;
  readonly backendType: string | null;
  readonly initImage: string | null;
  readonly extraMetadata: JsonObject;
  readonly presets: readonly string[];
}

/**
 * Understands a request. Unknown keys are ignored, as SwarmUI does.
 *
 * @param body The JSON object of the client.
 * @throws {ParameterError} If a value cannot be used.
 */
export function readImageRequest(
  body: JsonObject,
  options: { readonly user: User; readonly available: Available },
): ImageRequest {
  // a text instead of a list is ignored
  const presets = Array.isArray(body.presets) ? body.presets.map(valueText) : [];
  const values = readValues(body, options);
  for (const title of presets) {
    const map = options.user.presets.get(title.toLowerCase())?.param_map ?? {};
    const filled = Object.entries(map).map(([key, value]) => {
      const id = findParameter(key)?.id ?? key;
      return [key, value.replaceAll("{value}", () => values.get(id) ?? "")];
    });
    for (const [key, value] of readValues(Object.fromEntries(filled), options)) {
      values.set(key, value);
    }
  }
  const { models } = options.available;
  const number = (id: string): number => Number(values.get(id) ?? findParameter(id)?.fallback);
  const loras = splitList(values.get("loras") ?? "").flatMap((name) =>
    models.find("LoRA", name) ?? []
  );
  if (loras.length > 0) values.set("loraweights", weights(values.get("loraweights"), loras.length));
  const given = BigInt(values.get("seed") ?? "-1");
  const seed = given === -1n ? randomSeed() : given;
  const prompt = interpretPrompt(values.get("prompt") ?? "", { models, seed });
  const backendId = values.get("exactbackendid");
  const backendType = values.get("internalbackendtype") ?? "Any";
  return {
    values,
    prompt: prompt.text,
    negativePrompt: values.get("negativeprompt") ?? "",
    model: models.find("Stable-Diffusion", values.get("model") ?? ""),
    loras: [...loras, ...prompt.loras],
    batchSize: number("batchsize"),
    steps: number("steps"),
    seed,
    ...sizeOf(values),
    backendId: backendId === undefined ? null : Number(backendId),
    backendType: backendType === "Any" ? null : backendType,
    initImage: values.get("initimage") ?? null,
    extraMetadata: isJsonObject(body.extra_metadata) ? body.extra_metadata : {},
    presets,
  };
}

/** Says whether a flag of a request is set. */
export function isSet(request: ImageRequest, id: string): boolean {
  return request.values.get(id) === "true";
}

function readValues(
  body: JsonObject,
  options: { readonly user: User; readonly available: Available },
): Map<string, string> {
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(body)) {
    const parameter = OTHER_KEYS.has(key) ? null : findParameter(key);
    if (parameter === null) continue;
    if (parameter.right !== undefined && !options.user.may(parameter.right)) {
      throw new ParameterError(`You do not have permission to use parameter ${parameter.name}.`);
    }
    const choices = choicesOf(parameter, options.available);
    values.set(parameter.id, readValue(parameter, { text: valueText(value), choices }));
  }
  return values;
}

/** What a parameter may be; `null` if it may be anything. */
export function choicesOf(parameter: Parameter, available: Available): readonly string[] | null {
  const { models } = available;
  switch (parameter.source) {
    case "samplers":
      return SAMPLERS.map(([value]) => value);
    case "schedulers":
      return SCHEDULERS.map(([value]) => value);
    case "backends":
      return available.backendIds;
    case "types":
      return ["Any", ...available.backendTypes];
    case "loras":
      return ["(None)", ...models.list("LoRA").map(({ name }) => withoutExtension(name))];
    case "models":
      return [
        ...models.list("Stable-Diffusion").map(({ name }) => withoutExtension(name)),
        "(None)",
      ];
    case "vaes":
      return ["None", ...models.list("VAE").map(({ name }) => withoutExtension(name))];
    default:
      return parameter.choices ?? null;
  }
}

/** As many weights as there are LoRAs: cut, or padded with 1. */
function weights(given: string | undefined, count: number): string {
  const list = splitList(given ?? "");
  return Array.from({ length: count }, (_, index) => list[index] ?? "1").join(",");
}
