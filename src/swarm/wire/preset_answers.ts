/** Decodes the user's presets in GetMyUserData (`swarmui-protocol.md §20.9`). */
import type { Preset } from "../../generation/server/server_parameter.ts";
import { isJsonObject, type JsonObject, textOrNull } from "../../json_object.ts";
import { failure, type Outcome } from "./failure.ts";
import { array, decode, object } from "./fields.ts";

/** GetMyUserData: the presets. One that cannot be read is left out. Older servers have none. */
export function decodePresets(body: JsonObject): Outcome<readonly Preset[]> {
  if (body["presets"] === undefined) {
    return failure("not_supported", "this server has no presets (a newer SwarmUI has)");
  }
  return decode(
    body,
    object((told) => told.get("presets", array).filter(isJsonObject).flatMap(preset)),
  );
}

function preset(
  { title, description, author, is_starred, param_map }: JsonObject,
): readonly Preset[] {
  if (typeof title !== "string" || title === "") return [];
  const parameters = isJsonObject(param_map) ? Object.entries(param_map) : [];
  return [{
    title,
    description: textOrNull(description) ?? "",
    isStarred: is_starred === true,
    author: textOrNull(author),
    parameters: Object.fromEntries(
      parameters.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    ),
  }];
}
