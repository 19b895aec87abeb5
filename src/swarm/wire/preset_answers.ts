/** JSON of GetMyUserData → the user's presets (`swarmui-protocol.md §20.9`). */
import type { Preset } from "../../generation/preset.ts";
import { isJsonObject, type JsonObject } from "../../json_object.ts";
import type { Outcome } from "./failure.ts";
import { array, decode, object } from "./fields.ts";

/** GetMyUserData: the presets; one that cannot be read costs only itself. */
export function decodePresets(body: JsonObject): Outcome<readonly Preset[]> {
  return decode(
    body,
    object((told) => told.get("presets", array).filter(isJsonObject).flatMap(preset)),
  );
}

function preset({ title, description, author, param_map }: JsonObject): readonly Preset[] {
  if (typeof title !== "string" || title === "") return [];
  const parameters = isJsonObject(param_map) ? Object.entries(param_map) : [];
  return [{
    title,
    description: typeof description === "string" ? description : "",
    author: typeof author === "string" ? author : null,
    parameters: Object.fromEntries(
      parameters.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    ),
  }];
}
