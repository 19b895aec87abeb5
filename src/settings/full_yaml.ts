/** Any YAML, read by the library; loaded only where `plain_yaml.ts` is not sure. */
import type { ConfigMap, ConfigNode } from "./config_node.ts";
import { CONFIG_LIMITS } from "./config_node.ts";
import { isAlias, isMap, isNode, isScalar, isSeq, parseYaml } from "./yaml_document.ts";

/** A file that cannot be understood; the message says where and why, and nothing of what it holds. */
export class ConfigTextError extends Error {
  override readonly name = "ConfigTextError";
}

const TOO_DEEP = `it is nested more than ${CONFIG_LIMITS.depth} deep`;

/** The library's reasons in words that quote nothing: a file may hold secrets. */
const REASONS: Readonly<Partial<Record<string, string>>> = {
  BAD_DQ_ESCAPE: "a backslash in double quotes begins nothing that is known",
  BAD_INDENT: "the indentation fits nothing above",
  BAD_SCALAR_START: "a text that begins so needs quotes",
  BLOCK_AS_IMPLICIT_KEY: "a second colon in one line (put the text in quotes)",
  DUPLICATE_KEY: "a name stands twice",
  MISSING_CHAR: "a quote, bracket, comma, colon or space is missing",
  MULTILINE_IMPLICIT_KEY: "a name without a colon, or over several lines",
  MULTIPLE_DOCS: "a second document begins",
  // The stack does not last for a thousand brackets.
  RESOURCE_EXHAUSTION: TOO_DEEP,
  TAB_AS_INDENT: "a tab as indentation (use spaces)",
  TAG_RESOLVE_FAILED: "an unknown tag",
};

/**
 * Reads a file's text, each scalar as it was typed.
 *
 * @throws {ConfigTextError} If it is no YAML, no map, or holds more than `CONFIG_LIMITS`.
 */
export function readFullYaml(text: string): ConfigMap {
  const document = parseYaml(text);
  // A warning is of a tag or a directive that the library does not know.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line;
    const reason = REASONS[problem.code] ?? "it is not YAML";
    throw new ConfigTextError(line === undefined ? reason : `line ${line}: ${reason}`);
  }
  // An alias may name what holds it a million times, so each node is counted where it stands.
  let nodes = 0;
  const anchors = new Map<string, unknown>();
  function toNode(value: unknown, depth: number, isAliased: boolean): ConfigNode {
    nodes++;
    if (depth > CONFIG_LIMITS.depth) throw new ConfigTextError(TOO_DEEP);
    if (nodes > CONFIG_LIMITS.nodes) {
      throw new ConfigTextError(`it holds more than ${CONFIG_LIMITS.nodes} values`);
    }
    if (isAlias(value)) {
      const target = anchors.get(value.source);
      if (target === undefined) throw new ConfigTextError("an alias names what is not above it");
      return toNode(target, depth + 1, true);
    }
    // Of anchors of one name, the last one above an alias is meant.
    if (isNode(value) && value.anchor !== undefined && !isAliased) anchors.set(value.anchor, value);
    if (isSeq(value)) return value.items.map((item) => toNode(item, depth + 1, isAliased));
    if (isMap(value)) {
      return new Map(value.items.map(({ key, value }) => {
        const name = isScalar(key) ? String(key.value ?? "") : toNode(key, depth + 1, isAliased);
        if (typeof name !== "string") throw new ConfigTextError("a name must be a text");
        return [name, toNode(value, depth + 1, isAliased)];
      }));
    }
    if (!isScalar(value)) return "";
    const scalar = String(value.value ?? "");
    // In quotes, it is a text.
    return value.type === "PLAIN" && /^(?:~|null|Null|NULL)$/.test(scalar) ? "" : scalar;
  }
  const node = toNode(document.contents, 0, false);
  if (node === "") return new Map();
  if (typeof node === "string" || !(node instanceof Map)) {
    throw new ConfigTextError("expected lines such as `api-url: http://127.0.0.1:7801`");
  }
  return node;
}
