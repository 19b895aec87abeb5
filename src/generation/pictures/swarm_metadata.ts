/**
 * What SwarmUI writes about a picture, in its messages and into the file (`swarmui-protocol.md
 * §4.1, §20.10`). Any field may be missing; all of it is foreign. Pure.
 */
import { isJsonObject, type JsonObject, MAX_JSON_DEPTH, readJson } from "../../json_object.ts";
import type { PictureSize } from "./picture_size.ts";

/** Parameters that the server itself uses; it lists them as unused by the workflow. */
const SERVERS_OWN: ReadonlySet<string> = new Set([
  ...["donotsave", "forwardrawbackenddata", "forwardswarmdata", "nopreviews", "imageformat"],
  ...["overrideoutpathformat", "webhooks", "continueaftererrors", "noseedincrement"],
]);

/**
 * Longer metadata is not parsed, in UTF-16 units: SwarmUI's has some thousand, and many small values
 * take a hundred times as much memory as their text.
 */
const LENGTH_MAX = 2 * 1024 * 1024;

/** How foreign JSON is read that goes too deep, after its name. */
export const CUT_DEPTHS =
  `is nested more than ${MAX_JSON_DEPTH} levels deep: what is deeper is left out`;

/**
 * Parses the metadata text; `null`: it is not metadata, or is too long. The seed becomes text, and
 * so does every whole number that would lose digits as a number.
 *
 * @param onCut Called with the limit that was reached, as what follows "the metadata".
 */
export function parseMetadata(
  text: string,
  onCut: (limit: string) => void = () => {},
): JsonObject | null {
  if (text.length > LENGTH_MAX) {
    onCut(`has more than ${LENGTH_MAX >> 20} MiB and is left out`);
    return null;
  }
  const { value, isCut } = readJson(text, (key, value, context) => {
    if (typeof value !== "number") return value;
    const source = context?.source ?? `${value}`;
    const isInexact = !Number.isSafeInteger(value) && /^-?\d+$/.test(source);
    return key === "seed" || isInexact ? source : value;
  });
  if (isCut) onCut(CUT_DEPTHS);
  return isJsonObject(value) ? value : null;
}

/** The seed that was really used, as decimal text; `null`: not known. */
export function seedIn(metadata: JsonObject | null): string | null {
  const { seed } = parametersIn(metadata);
  const text = typeof seed === "number" && Number.isSafeInteger(seed) ? `${seed}` : seed;
  return typeof text === "string" && /^-?\d{1,20}$/.test(text) ? text : null;
}

/**
 * The parameters that made a picture, by the server's parameter ids; empty if they are not given.
 */
export function parametersIn(metadata: JsonObject | null): JsonObject {
  const parameters = metadata?.["sui_image_params"];
  return isJsonObject(parameters) ? parameters : {};
}

/** The other information in it; empty if there is none. */
export function extrasIn(metadata: JsonObject | null): JsonObject {
  const extras = metadata?.["sui_extra_data"];
  return isJsonObject(extras) ? extras : {};
}

/** The prompt after the server replaced its own syntax in it; `null`: not known. */
export function promptIn(metadata: JsonObject | null): string | null {
  const { prompt } = parametersIn(metadata);
  return typeof prompt === "string" ? prompt : null;
}

/** The negative prompt; `null`: none. */
export function negativePromptIn(metadata: JsonObject | null): string | null {
  const { negativeprompt } = parametersIn(metadata);
  return typeof negativeprompt === "string" && negativeprompt !== "" ? negativeprompt : null;
}

/** LoRAs and their weights; a missing weight is `null`. */
export function lorasIn(
  metadata: JsonObject | null,
): readonly { readonly name: string; readonly weight: number | null }[] {
  const weights = parameterList(metadata, "loraweights");
  return parameterList(metadata, "loras").map((name, at) => {
    const weight = Number(weights[at] ?? NaN);
    return { name, weight: Number.isFinite(weight) ? weight : null };
  });
}

/** The entries of a parameter that is a list; empty if it is not given. */
export function parameterList(metadata: JsonObject | null, id: string): readonly string[] {
  return listOf(parametersIn(metadata)[id]);
}

/** The LoRAs that the server found in the prompts, in their order; empty if it names none. */
export function promptedLorasIn(metadata: JsonObject | null): readonly string[] {
  return texts(extrasIn(metadata)["prompted_loras"]);
}

/** The requested size; pictures that were enlarged are larger. */
export function sizeIn(metadata: JsonObject | null): PictureSize | null {
  const { width, height } = parametersIn(metadata);
  return isSide(width) && isSide(height) ? { width, height } : null;
}

/** Parameters as texts, for file names: lists have commas between their entries. */
export function parameterTexts(metadata: JsonObject | null): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parametersIn(metadata)).flatMap(([id, value]) => {
      const text = textOf(value);
      return text === null ? [] : [[id, text]];
    }),
  );
}

/** What did not work as requested, as sentences. */
export function complaintsIn(
  metadata: JsonObject | null,
  given: readonly string[],
): readonly string[] {
  const { parser_warnings, unused_parameters } = extrasIn(metadata);
  const unused = texts(unused_parameters)
    .filter((id) => given.includes(id) && !SERVERS_OWN.has(id));
  return [
    ...texts(parser_warnings).map((warning) => `The server says about the prompt: ${warning}`),
    ...(unused.length === 0 ? [] : [`The server did not use ${unused.join(", ")}`]),
  ];
}

function isSide(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

/** A list; some are written as one text. */
function listOf(value: unknown): readonly string[] {
  const entries = Array.isArray(value) ? value : typeof value === "string" ? value.split(",") : [];
  return entries.map(textOf).filter((one): one is string => one !== null && one !== "");
}

function textOf(value: unknown): string | null {
  if (Array.isArray(value)) return value.map(textOf).filter((one) => one !== null).join(",");
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : null;
}
