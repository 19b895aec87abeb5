/**
 * What SwarmUI writes about a picture, in its messages and into the file
 * (`swarmui-protocol.md §4.1, §20.10`). No field is sure to be there; all is foreign. Pure.
 */
import { isJsonObject, type JsonObject } from "../json_object.ts";
import type { PictureSize } from "./picture_size.ts";

/** The parameters that made a picture, by the server's ids; empty if it does not say. */
export function parametersIn(metadata: JsonObject | null): JsonObject {
  const parameters = metadata?.["sui_image_params"];
  return isJsonObject(parameters) ? parameters : {};
}

/** What it says besides; empty if nothing. */
export function extrasIn(metadata: JsonObject | null): JsonObject {
  const extras = metadata?.["sui_extra_data"];
  return isJsonObject(extras) ? extras : {};
}

/** The prompt after the server has understood its own words in it; `null`: not known. */
export function promptIn(metadata: JsonObject | null): string | null {
  const { prompt } = parametersIn(metadata);
  return typeof prompt === "string" ? prompt : null;
}

/** The size that was asked for; pictures that were enlarged are larger. */
export function sizeIn(metadata: JsonObject | null): PictureSize | null {
  const { width, height } = parametersIn(metadata);
  return isSide(width) && isSide(height) ? { width, height } : null;
}

/** Parameters as texts, for names of files: lists with commas between their entries. */
export function parameterTexts(metadata: JsonObject | null): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(parametersIn(metadata)).flatMap(([id, value]) => {
      const text = textOf(value);
      return text === null ? [] : [[id, text]];
    }),
  );
}

/** What went another way than was asked for, each as a sentence. */
export function complaintsIn(
  metadata: JsonObject | null,
  given: readonly string[],
): readonly string[] {
  const { parser_warnings, unused_parameters } = extrasIn(metadata);
  const unused = texts(unused_parameters).filter((id) => given.includes(id));
  return [
    ...texts(parser_warnings).map((warning) => `The server says of the prompt: ${warning}`),
    ...(unused.length === 0 ? [] : [`The server had no use for ${unused.join(", ")}`]),
  ];
}

function isSide(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

function textOf(value: unknown): string | null {
  if (Array.isArray(value)) return value.map(textOf).filter((one) => one !== null).join(",");
  return ["string", "number", "boolean"].includes(typeof value) ? String(value) : null;
}
