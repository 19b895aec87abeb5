/** JSON of generating → domain values: WebSocket messages, the HTTP answer, models, choices. */
import * as v from "valibot";
import type { MadeImage, ModelEntry } from "../../generation/image_server.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import { failure, type Outcome } from "./failure.ts";
import { readJson } from "./json_depth.ts";
import { decode } from "./wire.ts";

/** A number as SwarmUI writes it: mostly as text, sometimes as a number (`swarmui-protocol.md §4.1`). */
const index = v.pipe(
  v.union([v.pipe(v.string(), v.regex(/^-?\d{1,9}$/)), v.pipe(v.number(), v.safeInteger())]),
  v.transform(Number),
);

const progressSchema = v.object({
  batch_index: index,
  overall_percent: v.nullish(v.number(), null),
  current_percent: v.nullish(v.number(), null),
  preview: v.optional(v.unknown()),
});

const imageSchema = v.object({
  image: v.pipe(v.string(), v.minLength(1)),
  batch_index: v.nullish(index, null),
  metadata: v.optional(v.unknown()),
});

const discardSchema = v.array(index);

const imagesSchema = v.object({ images: v.array(v.unknown()) });

const size = v.nullish(v.pipe(v.number(), v.safeInteger()), null);

const modelsSchema = v.object({
  files: v.array(v.object({
    name: v.pipe(v.string(), v.minLength(1)),
    loaded: v.boolean(),
    standard_width: size,
    standard_height: size,
  })),
});

const parametersSchema = v.object({ list: v.array(v.unknown()) });

const successSchema = v.object({ success: v.literal(true) });

/** One message of progress, as it came. */
export interface WireProgress {
  readonly index: number;
  readonly overall: number | null;
  readonly current: number | null;
  /** With a preview `overall` runs ahead of the next message's (`swarmui-protocol.md §4.1`). */
  readonly hasPreview: boolean;
}

/** The content of a `gen_progress` message. */
export function decodeProgress(value: unknown): Outcome<WireProgress> {
  return decode(progressSchema, value, (told) => ({
    index: told.batch_index,
    overall: told.overall_percent,
    current: told.current_percent,
    hasPreview: typeof told.preview === "string",
  }));
}

/**
 * An `image` message: flat, or nested as SwarmUI's own page on its API has it.
 *
 * @param onCut Called if the metadata is nested too deep to be read whole.
 */
export function decodeImage(message: JsonObject, onCut: () => void = () => {}): Outcome<MadeImage> {
  const nested = message["image"];
  return decode(imageSchema, isJsonObject(nested) ? nested : message, (told) => ({
    index: told.batch_index,
    path: told.image,
    seed: seedOf(told.metadata, onCut),
  }));
}

/** The content of a `discard_indices` message. */
export function decodeDiscard(value: unknown): Outcome<readonly number[]> {
  return decode(discardSchema, value, (told) => told);
}

/** The answer of GenerateText2Image: paths in the order of completion, nothing else. */
export function decodeImages(body: JsonObject): Outcome<{
  readonly images: readonly MadeImage[];
  /** How many entries are no path; they must not cost the others. */
  readonly unreadable: number;
}> {
  const told = decode(imagesSchema, body, ({ images }) => images);
  if (!told.ok) return told;
  const paths = told.value.filter((path): path is string =>
    typeof path === "string" && path !== ""
  );
  const unreadable = told.value.length - paths.length;
  if (paths.length === 0 && unreadable > 0) {
    return failure("protocol", "the answer has an unexpected shape: images holds no path");
  }
  return {
    ok: true,
    value: { images: paths.map((path) => ({ index: null, path, seed: null })), unreadable },
  };
}

/** ListModels (`swarmui-protocol.md §7.1`). */
export function decodeModels(body: JsonObject): Outcome<readonly ModelEntry[]> {
  return decode(modelsSchema, body, (told) =>
    told.files.map((file) => ({
      name: file.name,
      loaded: file.loaded,
      standardWidth: positive(file.standard_width),
      standardHeight: positive(file.standard_height),
    })));
}

/** ListT2IParams: the machine names of a dropdown, `null` if it is not listed with names. */
export function decodeChoices(body: JsonObject): Outcome<{
  readonly samplers: readonly string[] | null;
  readonly schedulers: readonly string[] | null;
}> {
  return decode(parametersSchema, body, ({ list }) => ({
    samplers: valuesOf(list, "sampler"),
    schedulers: valuesOf(list, "scheduler"),
  }));
}

/** InterruptAll. */
export function decodeSuccess(body: JsonObject): Outcome<true> {
  return decode(successSchema, body, (told) => told.success);
}

function valuesOf(list: readonly unknown[], id: string): readonly string[] | null {
  const values = list.filter(isJsonObject).find((entry) => entry["id"] === id)?.["values"];
  if (!Array.isArray(values)) return null;
  return values.every((value): value is string => typeof value === "string") ? values : null;
}

function positive(size: number | null): number | null {
  return size !== null && size > 0 ? size : null;
}

/** The seed in an image's metadata, every digit of it; nothing there is sure to be. */
function seedOf(metadata: unknown, onCut: () => void): string | null {
  const told = typeof metadata === "string" ? parseKeepingSeed(metadata, onCut) : metadata;
  const parameters = isJsonObject(told) ? told["sui_image_params"] : null;
  const seed = isJsonObject(parameters) ? parameters["seed"] : null;
  const text = typeof seed === "number" && Number.isSafeInteger(seed) ? `${seed}` : seed;
  return typeof text === "string" && /^-?\d{1,20}$/.test(text) ? text : null;
}

function parseKeepingSeed(metadata: string, onCut: () => void): unknown {
  const { value, isCut } = readJson(
    metadata,
    (key, value, context) =>
      key === "seed" && typeof value === "number" ? context?.source ?? value : value,
  );
  if (isCut) onCut();
  return value;
}
