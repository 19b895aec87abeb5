/** Parses a generation request as SwarmUI does (`swarmui-protocol.md §3`). */
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import type { Model, Models } from "../models/models.ts";
import { type Available, choicesOf } from "../models/parameter_choices.ts";
import { findParameter } from "../models/parameter_table.ts";
import {
  ParameterError,
  parameterText,
  readValue,
  splitList,
  valueText,
} from "../models/parameter_value.ts";
import type { User } from "../users/user.ts";

/** Keys that are not image parameters, or not read as such. */
const OTHER_KEYS: ReadonlySet<string> = new Set(["session_id", "presets", "extra_metadata"]);

const FALLBACK_SIZE = 512;

/** Width and height at a side length of 512; `3:4` is missing in SwarmUI too. */
const ASPECTS: Readonly<Record<string, readonly [number, number]>> = {
  "1:1": [512, 512],
  "4:3": [576, 448],
  "3:2": [608, 416],
  "8:5": [608, 384],
  "16:9": [672, 384],
  "21:9": [768, 320],
  "2:3": [416, 608],
  "5:8": [384, 608],
  "9:16": [384, 672],
  "9:21": [320, 768],
};

/** A LoRA that the prompt names. */
interface PromptedLora {
  readonly model: Model;
  readonly weight: string;
}

/** A parsed request. */
export interface ImageRequest {
  /** The given parameters in SwarmUI's form, in the order of the request. */
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
 * Parses a request. Unknown keys are ignored, as SwarmUI does.
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
    loras: [...loras, ...prompt.loras.map(({ model }) => model)],
    batchSize: number("batchsize"),
    steps: number("steps"),
    seed,
    ...sizeOf(values),
    backendId: backendId === undefined ? null : Number(backendId),
    backendType: backendType === "Any" ? null : backendType,
    initImage: values.get("initimage") ?? null,
    extraMetadata: readExtraMetadata(body.extra_metadata),
    presets,
  };
}

/**
 * A client's own metadata: all of it becomes text; anything that is not an object is ignored
 * (§20.7).
 */
function readExtraMetadata(value: unknown): JsonObject {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      Array.isArray(each) ? each.map(valueText) : valueText(each),
    ]),
  );
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
    values.set(
      parameter.id,
      readValue(parameter, { text: parameterText(parameter, value), choices }),
    );
  }
  return values;
}

/** As many weights as there are LoRAs: cut, or padded with 1. */
function weights(given: string | undefined, count: number): string {
  const list = splitList(given ?? "");
  return Array.from({ length: count }, (_, index) => list[index] ?? "1").join(",");
}

/**
 * Interprets the part of SwarmUI's prompt language that changes the result here: `<random:a,b>` and
 * `<lora:name:weight>`. Everything else stays as it is, including unknown LoRAs.
 *
 * @param seed Decides the random choices.
 */
export function interpretPrompt(
  prompt: string,
  options: { readonly models: Models; readonly seed: bigint },
): { readonly text: string; readonly loras: readonly PromptedLora[] } {
  const loras: PromptedLora[] = [];
  const text = prompt.replaceAll(/<(random|lora):([^<>]*)>/g, (whole, kind, content) => {
    if (kind === "random") {
      const choices = String(content).split(",");
      return choices[Number(options.seed % BigInt(choices.length))]?.trim() ?? "";
    }
    const [name = "", weight = "1"] = String(content).split(":");
    const model = options.models.find("LoRA", name);
    if (model === null) return whole;
    loras.push({ model, weight: `${Number(weight)}` });
    return "";
  });
  return { text, loras };
}

/**
 * The size of the pictures, in pixels: `rawresolution`, else aspect ratio with side length, else
 * width and height. `rawresolution` is written into `width` and `height`, as SwarmUI does.
 */
function sizeOf(
  values: Map<string, string>,
): { readonly width: number; readonly height: number } {
  const raw = /^(\d{2,5})x(\d{2,5})$/.exec(values.get("rawresolution") ?? "");
  if (raw !== null) {
    values.set("width", raw[1] ?? "");
    values.set("height", raw[2] ?? "");
  }
  const side = values.get("sidelength");
  const aspect = ASPECTS[values.get("aspectratio") ?? ""];
  if (raw === null && side !== undefined && aspect !== undefined) {
    const factor = Number(side) / FALLBACK_SIZE;
    const scaled = (length: number): number => Math.round(length * factor / 16) * 16;
    return { width: scaled(aspect[0]), height: scaled(aspect[1]) };
  }
  return {
    width: Number(values.get("width") ?? FALLBACK_SIZE),
    height: Number(values.get("height") ?? FALLBACK_SIZE),
  };
}

/** A seed as the server picks it: 0…2^31-2. */
function randomSeed(): bigint {
  return BigInt(Math.floor(Math.random() * 2_147_483_647));
}
