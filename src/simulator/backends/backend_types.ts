/** SwarmUI's types of backends, with their settings and features (`swarmui-protocol.md §6`). */
import type { JsonObject } from "../../json_object.ts";
import { BACKEND_TYPES } from "../options.ts";

const NAMES: Readonly<Record<(typeof BACKEND_TYPES)[number], string>> = {
  comfyui_selfstart: "ComfyUI Self-Starting",
  comfyui_api: "ComfyUI API By URL",
  swarmswarmbackend: "Swarm-API-Backend",
  auto_webui_selfstart: "SD AutoWebUI Self-Starting",
  auto_webui_api: "SD AutoWebUI API By URL",
};

/** What ComfyUI backends can do, as recorded. */
export const COMFY_FEATURES: readonly string[] = [
  "comfyui",
  "refiners",
  "controlnet",
  "endstepsearly",
  "seamless",
  "video",
  "variation_seed",
  "comfy_saveimage_ws",
  "comfy_loadimage_b64",
  "comfy_just_load_model",
  "folderslash",
];

/** The settings of a new backend, as recorded. */
export function settingsOf(
  type: string,
  allowIdle: boolean,
): JsonObject {
  switch (type) {
    case "comfyui_selfstart":
      return {
        StartScript: "dlbackend/ComfyUI/main.py",
        ExtraArgs: "",
        DisableInternalArgs: false,
        AutoUpdate: "false",
        EnablePreviews: true,
        GPU_ID: "0",
        OverQueue: 1,
        AutoRestart: true,
      };
    case "swarmswarmbackend":
      return {
        Address: "http://127.0.0.1:7901",
        AllowIdle: allowIdle,
        AllowForwarding: true,
        AllowWebsocket: true,
        AuthorizationHeader: "",
        OtherHeaders: "",
        ConnectionAttemptTimeoutSeconds: 30,
      };
    case "comfyui_api":
      return {
        Address: "http://127.0.0.1:8188",
        AllowIdle: allowIdle,
        OverQueue: 1,
        EnableFrontendDev: false,
      };
    default:
      return { Address: "http://127.0.0.1:7901" };
  }
}

/**
 * ListBackendTypes: all types that an admin can add, with their settings. The format is that of
 * SwarmUI's source; it was not recorded.
 */
export function backendTypesToWire(): JsonObject {
  return {
    list: BACKEND_TYPES.map((id) => ({
      id,
      name: NAMES[id],
      description: "",
      settings: Object.entries(settingsOf(id, false)).map(
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
