/**
 * The configuration file of the original tool: `~/.asset-generator/config.yaml`, made by
 * https://github.com/opd-ai/asset-generator. Settings that exist here are used, all others are left
 * out.
 */
import { OUTPUT_FORMATS } from "../settings.ts";
import type { ConfigMap, ConfigNode, FoundConfig } from "./config_file.ts";
import { GENERATE } from "./setting_keys.ts";

/** Top-level names that mean the same here. */
const SAME: readonly string[] = ["api-url", "api-key", "format", "quiet", "verbose"];

/** A file as if it were written for this tool, and what was left out of it. */
export interface Translated {
  readonly file: FoundConfig;
  readonly leftOut: readonly string[];
}

/**
 * Translates the file. Its names are read in any case, as that tool did.
 *
 * @param known The options of `generate image`; absent: not needed now.
 */
export function translateOriginal(file: FoundConfig, known?: readonly string[]): Translated {
  const leftOut: string[] = [];
  const values = new Map<string, ConfigNode>();
  for (const [written, node] of file.values) {
    const key = written.toLowerCase();
    if (key === GENERATE && node instanceof Map) {
      const section = generateOf(node);
      const unknown = [...section.keys()].filter((name) => !(known ?? [name]).includes(name));
      leftOut.push(...unknown.map((name) => `${GENERATE}.${name}`));
      values.set(key, new Map([...section].filter(([name]) => !unknown.includes(name))));
    } else if (SAME.includes(key) && typeof node === "string" && isUsable(key, node)) {
      values.set(key, translated(key, node));
    } else leftOut.push(written);
  }
  return { file: { ...file, values }, leftOut };
}

function isUsable(key: string, text: string): boolean {
  return key !== "format" || OUTPUT_FORMATS.some((format) => format === text.toLowerCase());
}

function translated(key: string, text: string): string {
  // It accepted ws: and wss: as addresses, and then could not use them.
  if (key === "api-url") return text.replace(/^ws(s?):\/\//i, "http$1://");
  return key === "api-key" ? text : text.toLowerCase();
}

/**
 * The defaults of a generation: LoRAs have another name here, and one name of the height is enough.
 */
function generateOf(section: ConfigMap): ConfigMap {
  const own = new Map<string, ConfigNode>();
  for (const [written, node] of section) {
    const key = written.toLowerCase();
    own.set(key === "loras" ? "lora" : key, node);
  }
  if (own.has("height")) own.delete("length");
  return own;
}
