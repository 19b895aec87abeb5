/** Decodes the answers about generating: WebSocket messages, the HTTP answer, models, choices. */
import type { MadeImage, ModelEntry } from "../../generation/server/image_server.ts";
import { parseMetadata, seedIn } from "../../generation/pictures/swarm_metadata.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import type { Outcome } from "./failure.ts";
import {
  array,
  decode,
  flag,
  name,
  number,
  object,
  type Read,
  refuse,
  sound,
  unexpected,
  whole,
} from "./fields.ts";

/** A number as SwarmUI writes it: mostly as text, sometimes as a number (`swarmui-protocol.md §4.1`). */
const index: Read<number> = (value, path) => {
  if (typeof value === "number") return whole(value, path);
  if (typeof value !== "string") return refuse(value, path, "(string | number)");
  return INDEX.test(value) ? Number(value) : refuse(value, path, `${INDEX}`);
};
const INDEX = /^-?\d{1,9}$/;

/** One message of progress, as it came. */
export interface WireProgress {
  readonly index: number;
  readonly overall: number | null;
  readonly current: number | null;
  /** With a preview, `overall` is ahead of the next message's (`swarmui-protocol.md §4.1`). */
  readonly hasPreview: boolean;
}

/** The content of a `gen_progress` message. */
export function decodeProgress(value: unknown): Outcome<WireProgress> {
  return decode(
    value,
    object((told) => ({
      index: told.get("batch_index", index),
      overall: told.find("overall_percent", number),
      current: told.find("current_percent", number),
      hasPreview: typeof told.raw("preview") === "string",
    })),
  );
}

/**
 * An `image` message: flat, or nested as SwarmUI's own API page describes it.
 *
 * @param onCut Called if the metadata reaches a limit; see `parseMetadata()`.
 */
export function decodeImage(
  message: JsonObject,
  onCut: (limit: string) => void = () => {},
): Outcome<MadeImage> {
  const nested = message["image"];
  return decode(
    isJsonObject(nested) ? nested : message,
    object((told) => {
      const metadata = metadataOf(told.raw("metadata"), onCut);
      return {
        path: told.get("image", name),
        // A picture is worth more than its number.
        index: told.ifSound("batch_index", index),
        seed: seedIn(metadata),
        ...(metadata === null ? {} : { metadata }),
      };
    }),
  );
}

/** The content of a `discard_indices` message. */
export function decodeDiscard(value: unknown): Outcome<readonly number[]> {
  return decode(value, (all, path) => sound(index)(all, path).entries);
}

/**
 * The answer of GenerateText2Image: paths in the order in which they were finished, nothing else.
 */
export function decodeImages(body: JsonObject): Outcome<{
  readonly images: readonly MadeImage[];
  /** How many entries are not paths; the others are kept. */
  readonly unreadable: number;
}> {
  const told = decode(body, object((answer) => answer.get("images", array)));
  if (!told.ok) return told;
  const paths = told.value.filter((path): path is string =>
    typeof path === "string" && path !== ""
  );
  const unreadable = told.value.length - paths.length;
  if (paths.length === 0 && unreadable > 0) {
    return unexpected("images holds no path");
  }
  return {
    ok: true,
    value: { images: paths.map((path) => ({ index: null, path, seed: null })), unreadable },
  };
}

/** ListModels (`swarmui-protocol.md §7.1`). */
export function decodeModels(body: JsonObject): Outcome<readonly ModelEntry[]> {
  return decode(body, object((told) => told.get("files", sound(model)).entries));
}

const model = object((told): ModelEntry => ({
  name: told.get("name", name),
  loaded: told.ifSound("loaded", flag) ?? false,
  standardWidth: positive(told.ifSound("standard_width", whole)),
  standardHeight: positive(told.ifSound("standard_height", whole)),
}));

/** InterruptAll. */
export function decodeSuccess(body: JsonObject): Outcome<true> {
  return decode(body, object((told) => told.get("success", success)));
}

const success: Read<true> = (value, path) => value === true || refuse(value, path, "true");

function positive(size: number | null): number | null {
  return size !== null && size > 0 ? size : null;
}

/** An image's metadata, which is sent as a text. */
function metadataOf(metadata: unknown, onCut: (limit: string) => void): JsonObject | null {
  if (typeof metadata === "string") return parseMetadata(metadata, onCut);
  return isJsonObject(metadata) ? metadata : null;
}
