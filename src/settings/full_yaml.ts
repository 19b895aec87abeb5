/** Any YAML, read by the library; loaded only where `plain_yaml.ts` is not sure. */
import { parse } from "@std/yaml";
import { isJsonObject } from "../json_object.ts";
import type { ConfigMap, ConfigNode } from "./config_node.ts";
import { CONFIG_LIMITS } from "./config_node.ts";

/** A file that cannot be understood; the message says where and why, and nothing of what it holds. */
export class ConfigTextError extends Error {
  override readonly name = "ConfigTextError";
}

/**
 * Reads a file's text, each scalar as it was typed.
 *
 * @throws {ConfigTextError} If it is no YAML, no map, or holds more than `CONFIG_LIMITS`.
 */
export function readFullYaml(text: string): ConfigMap {
  // An alias may name what holds it a million times, so each node is counted where it stands.
  let nodes = 0;
  function toNode(value: unknown, depth: number): ConfigNode {
    nodes++;
    if (nodes > CONFIG_LIMITS.nodes || depth > CONFIG_LIMITS.depth) {
      throw new ConfigTextError("it holds too much, or too deep, for settings");
    }
    if (Array.isArray(value)) return value.map((item) => toNode(item, depth + 1));
    if (isJsonObject(value)) {
      return new Map(Object.entries(value).map(([name, item]) => [name, toNode(item, depth + 1)]));
    }
    const scalar = value === null || value === undefined ? "" : String(value);
    return /^(?:~|null|Null|NULL)$/.test(scalar) ? "" : scalar;
  }
  const node = toNode(parseText(text), 0);
  if (node === "") return new Map();
  if (typeof node === "string" || !(node instanceof Map)) {
    throw new ConfigTextError("expected lines such as `api-url: http://127.0.0.1:7801`");
  }
  return node;
}

function parseText(text: string): unknown {
  try {
    return parse(text, { schema: "failsafe" });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // The lines of the file follow, which may hold secrets.
    const [first = ""] = error.message.split("\n", 1);
    const [, reason = "it is not YAML", line] =
      /^(.*?)(?: at line (\d+), column \d+:?)?$/.exec(first) ??
        [];
    const where = line === undefined ? "" : `line ${line}: `;
    throw new ConfigTextError(where + reason.slice(0, 1).toLowerCase() + reason.slice(1));
  }
}
