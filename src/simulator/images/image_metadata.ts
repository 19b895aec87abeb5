/** The metadata that SwarmUI writes about an image (`swarmui-protocol.md §4.1`). */
import { hashOf, withoutExtension } from "../models/models.ts";
import { findParameter } from "../models/parameter_table.ts";
import { isServerPicture, splitList } from "../models/parameter_value.ts";
import { dateText } from "../pictures/picture_name.ts";
import type { AcceptedGeneration } from "./accepted_generation.ts";
import { type ImageRequest, interpretPrompt } from "./read_image_request.ts";

/** Parameters that no workflow uses. */
const UNUSED: ReadonlySet<string> = new Set(["donotsave", "forwardswarmdata", "maskblur"]);
/** Parameters that are never written down. */
const HIDDEN: ReadonlySet<string> = new Set([...UNUSED, "forwardrawbackenddata"]);

/** What is known about one image. */
export interface ImageFacts {
  readonly seed: bigint;
  /**
   * The time before and in ComfyUI, or that of a grid of so many images, in milliseconds; `null` for
   * an image that is not done.
   */
  readonly times:
    | { readonly prepMs: number; readonly generationMs: number }
    | { readonly totalMs: number; readonly images: number }
    | null;
}

/** The metadata of an image as JSON text. */
export function imageMetadata(generation: AcceptedGeneration, facts: ImageFacts): string {
  const { request, swarm } = generation;
  const { times } = facts;
  const parameters = imageParameters(generation, facts);
  const given = request.values.get("prompt") ?? "";
  const extra = {
    date: dateText(swarm.clock.now()),
    ...promptedLoras(generation, facts),
    ...(parameters.prompt === given || given === "" ? {} : { original_prompt: given }),
    ...request.extraMetadata,
    ...(request.presets.length > 0 ? { presets_used: request.presets } : {}),
  };
  const unused = [...request.values.keys()].filter((id) => UNUSED.has(id));
  const metadata = times === null
    ? {
      sui_image_params: {
        ...parameters,
        is_preview: true,
        preview_notice: "Image is not done generating",
      },
      sui_extra_data: extra,
    }
    : {
      sui_image_params: { ...parameters, swarm_version: swarm.versionNumbers },
      sui_extra_data: {
        ...extra,
        ...timesToWire(times),
        ...(unused.length > 0 ? { unused_parameters: unused } : {}),
      },
      sui_models: usedModels(request),
    };
  const marker = crypto.randomUUID();
  const exact = (_: string, value: unknown): unknown =>
    typeof value === "bigint" ? `${marker}${value}` : value;
  // seeds are larger than a double can hold exactly, so they are inserted as digits afterwards
  return JSON.stringify(metadata, exact, 2)
    .replaceAll(new RegExp(`"${marker}(-?\\d+)"`, "g"), "$1");
}

function imageParameters(
  { request, images, swarm }: AcceptedGeneration,
  facts: ImageFacts,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [id, value] of request.values) {
    if (HIDDEN.has(id) || (id === "images" && images === 1)) continue;
    // a picture that was sent is left out, a path on the server is kept
    if (findParameter(id)?.kind.startsWith("image") && !isServerPicture(value)) continue;
    result[id] = typed(id, value);
  }
  result.seed = facts.seed;
  const prompt = request.values.get("prompt");
  if (prompt !== undefined) {
    // each image makes its own choice
    const { text, loras } = interpretPrompt(prompt, { models: swarm.models, seed: facts.seed });
    result.prompt = text;
    if (loras.length > 0) Object.assign(result, addedLoras(request, loras));
    if (/<(random|wildcard)[:[]/.test(prompt)) result.wildcardseed ??= facts.seed;
  }
  const isGrid = facts.times !== null && "totalMs" in facts.times;
  if (!isGrid || request.negativePrompt !== "") result.negativeprompt = request.negativePrompt;
  if (request.model !== null) result.model = withoutExtension(request.model.name);
  return result;
}

type PromptedLoras = ReturnType<typeof interpretPrompt>["loras"];

/** The lists of LoRAs, to which SwarmUI adds those of the prompt (`T2IPromptHandling.cs`). */
function addedLoras({ values }: ImageRequest, loras: PromptedLoras): Record<string, unknown> {
  const given = splitList(values.get("loras") ?? "");
  return {
    loras: [...given, ...loras.map(({ model }) => withoutExtension(model.name))],
    loraweights: [
      ...splitList(values.get("loraweights") ?? ""),
      ...loras.map(({ weight }) => weight),
    ],
    lorasectionconfinement: [...given.map(() => "-1"), ...loras.map(() => "0")],
  };
}

function promptedLoras(
  { request, swarm }: AcceptedGeneration,
  { seed }: ImageFacts,
): Record<string, unknown> {
  const prompt = request.values.get("prompt") ?? "";
  const { loras } = interpretPrompt(prompt, { models: swarm.models, seed });
  const names = loras.map(({ model }) => withoutExtension(model.name));
  return names.length === 0 ? {} : { prompted_loras: names };
}

function typed(id: string, value: string): unknown {
  switch (findParameter(id)?.kind) {
    case "integer":
      return BigInt(value);
    case "decimal":
      return Number(value);
    case "boolean":
      return value === "true";
    case "list":
      return splitList(value);
    default:
      return value;
  }
}

function usedModels(request: ImageRequest): readonly unknown[] {
  const main = request.model === null ? [] : [{ model: request.model, param: "model" }];
  const loras = request.loras.map((model) => ({ model, param: "loras" }));
  return [...main, ...loras].map(({ model, param }) => ({
    name: model.name,
    param,
    hash: hashOf(model),
  }));
}

function timesToWire(times: NonNullable<ImageFacts["times"]>): Record<string, string> {
  if ("prepMs" in times) {
    return { prep_time: seconds(times.prepMs), generation_time: seconds(times.generationMs) };
  }
  const total = (times.totalMs / 1_000).toFixed(2);
  const average = (times.totalMs / times.images / 1_000).toFixed(2);
  return {
    generation_time: `${total} total seconds (average ${average} seconds per image)`,
  };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} sec`;
}
