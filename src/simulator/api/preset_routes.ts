/** Routes about presets (`swarmui-protocol.md §20.9`). */
import { type HttpRoute, type Route, textOf } from "./route.ts";
import { isJsonObject } from "../json.ts";
import { valueText } from "../models/parameter_value.ts";

const NO_PICTURE = "imgs/model_placeholder.jpg";

/** All of them. */
export const PRESET_ROUTES: readonly Route[] = [
  route("AddNewPreset", "manage_presets", ({ session: { user }, body }) => {
    const raw = isJsonObject(body.raw) ? body.raw.param_map : undefined;
    const map = isJsonObject(body.param_map) ? body.param_map : raw;
    const entries = Object.entries(isJsonObject(map) ? map : {});
    const title = textOf(body, "title");
    user.presets.set(title.toLowerCase(), {
      author: user.name,
      title,
      description: valueText(body.description),
      preview_image: NO_PICTURE,
      is_starred: false,
      param_map: Object.fromEntries(entries.map(([key, value]) => [key, valueText(value)])),
    });
    return { success: true };
  }),
  route("GetMyUserData", "fundamental_generate_tab_access", ({ session: { user } }) => ({
    user_name: user.name,
    presets: [...user.presets.values()],
    language: "en",
    permissions: user.rights,
    starred_models: {},
    model_preset_links: {},
    autocompletions: null,
  })),
];

function route(
  ...[name, right, run]: readonly [string, string, HttpRoute["run"]]
): HttpRoute {
  return { kind: "http", name, right, run };
}
