/** The types of backends that an admin may add: ListBackendTypes. */
import { settingsOf } from "./backend_settings.ts";
import type { JsonObject } from "../json.ts";
import { BACKEND_TYPES } from "../options.ts";

const NAMES: Readonly<Record<(typeof BACKEND_TYPES)[number], string>> = {
  comfyui_selfstart: "ComfyUI Self-Starting",
  comfyui_api: "ComfyUI API By URL",
  swarmswarmbackend: "Swarm-API-Backend",
  auto_webui_selfstart: "SD AutoWebUI Self-Starting",
  auto_webui_api: "SD AutoWebUI API By URL",
};

/** All types, with what can be set of each. The form is that of SwarmUI's source, not recorded. */
export function backendTypesToWire(): JsonObject {
  return {
    list: BACKEND_TYPES.map((id) => ({
      id,
      name: NAMES[id],
      description: "",
      settings: Object.entries(settingsOf(id, { gpu: "0", allowIdle: false })).map(
        ([name, value]) => ({
          name,
          type: typeof value === "boolean"
            ? "bool"
            : typeof value === "number"
            ? "integer"
            : "text",
          description: "",
          placeholder: "",
          is_secret: name === "AuthorizationHeader",
          values: null,
          value_names: null,
        }),
      ),
      is_standard: id === "comfyui_selfstart" || id === "swarmswarmbackend",
    })),
  };
}
