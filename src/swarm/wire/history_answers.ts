/** Decodes the history of pictures (`swarmui-protocol.md §7.7, §20.7`). */
import type { HistoryImage, KeptPictures } from "../../generation/server/image_server.ts";
import { flagOrNull, isJsonObject, type JsonObject, textOrNull } from "../../json_object.ts";
import type { Outcome } from "./failure.ts";
import { array, decode, object } from "./fields.ts";
import {
  extrasIn,
  parametersIn,
  parseMetadata,
  seedIn,
} from "../../generation/pictures/swarm_metadata.ts";
import { TAG_KEY } from "./request_body.ts";

/** More than SwarmUI ever sends; the rest of a hostile server's answer is ignored. */
const ENTRIES_MAX = 10_000;

/**
 * ListImages.
 *
 * @param at.folder The folder that was asked for; names are relative to it.
 * @param at.root What stands before the paths of the user's pictures.
 */
export function decodeHistory(
  body: JsonObject,
  at: { readonly folder: string; readonly root: string },
): Outcome<readonly HistoryImage[]> {
  const told = decode(body, object((answer) => answer.get("files", array)));
  if (!told.ok) return told;
  const place = at.folder === "" ? at.root : `${at.root}/${at.folder}`;
  const images = told.value.slice(0, ENTRIES_MAX).filter(isJsonObject).flatMap((file) => {
    const name = file["src"];
    if (typeof name !== "string" || name === "") return [];
    return [{ path: `${place}/${name}`, ...readMetadata(file["metadata"]) }];
  });
  return { ok: true, value: images };
}

/** GetUserSettings: nested groups of settings, each setting under its name in lower case. */
export function decodeKeptPictures({ settings }: JsonObject): KeptPictures {
  const format = valueOf(settings, "fileformat");
  return {
    files: flagOrNull(valueOf(settings, "savefiles")),
    metadata: flagOrNull(valueOf(format, "savemetadata")),
  };
}

function readMetadata(metadata: unknown): Omit<HistoryImage, "path"> {
  const told = typeof metadata === "string" ? parseMetadata(metadata) : null;
  const extras = extrasIn(told);
  const times = extras["generation_time"];
  return {
    tag: textOf(extras, TAG_KEY),
    seed: seedIn(told),
    model: textOf(parametersIn(told), "model"),
    // A grid lists the times of all its images; single images have no such list.
    isGrid: typeof times === "string" && times.includes("total seconds"),
    ...(isJsonObject(told) ? { metadata: told } : {}),
  };
}

function textOf(value: unknown, key: string): string | null {
  const text = isJsonObject(value) ? value[key] : null;
  return textOrNull(text);
}

function valueOf(settings: unknown, key: string): unknown {
  const setting = isJsonObject(settings) ? settings[key] : null;
  return isJsonObject(setting) ? setting["value"] : null;
}
