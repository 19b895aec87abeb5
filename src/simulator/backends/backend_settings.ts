/** What ListBackends says of a type of backends: its settings and features (`swarmui-protocol.md §6`). */
import type { JsonObject } from "../json.ts";

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
  options: { readonly gpu: string; readonly allowIdle: boolean },
): JsonObject {
  switch (type) {
    case "comfyui_selfstart":
      return {
        StartScript: "dlbackend/ComfyUI/main.py",
        ExtraArgs: "",
        DisableInternalArgs: false,
        AutoUpdate: "false",
        EnablePreviews: true,
        GPU_ID: options.gpu,
        OverQueue: 1,
        AutoRestart: true,
      };
    case "swarmswarmbackend":
      return {
        Address: "http://127.0.0.1:7901",
        AllowIdle: options.allowIdle,
        AllowForwarding: true,
        AllowWebsocket: true,
        AuthorizationHeader: "",
        OtherHeaders: "",
        ConnectionAttemptTimeoutSeconds: 30,
      };
    case "comfyui_api":
      return {
        Address: "http://127.0.0.1:8188",
        AllowIdle: options.allowIdle,
        OverQueue: 1,
        EnableFrontendDev: false,
      };
    default:
      return { Address: "http://127.0.0.1:7901" };
  }
}
