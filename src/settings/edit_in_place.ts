/**
 * Changes one value in the text of a configuration file, and leaves the rest as somebody wrote it:
 * spaces, quotes, blank lines and comments. The library would write the whole file anew.
 *
 * Only what is common is done here, by the places that the library tells. The caller must compare the
 * result with what the library makes of the change, by `holdTheSame()`.
 */
import type { ConfigChange } from "./config_editor.ts";
import type { ConfigNode } from "./config_node.ts";
import { ConfigTextError, readFullYaml } from "./full_yaml.ts";
import { isMap, isScalar, isSeq } from "./yaml_document.ts";
import type { ParsedYaml, YAMLMap } from "./yaml_document.ts";

/** What a section is indented by. */
const STEP = "  ";

/**
 * Texts that are written without quotes, in a line of their own and between brackets: none of their
 * characters means anything in YAML where it stands.
 */
const PLAIN = /^[\w./](?:[\w./@+%()=-]| (?=[\w(])|:(?=[\w./@+%-]))*$/;
const NOTHING = /^(?:null|Null|NULL)$/;

/**
 * The text after a change.
 *
 * @param document The text, parsed.
 * @returns `null`: it must be left to the library.
 */
export function editInPlace(
  text: string,
  document: ParsedYaml,
  { path, value }: ConfigChange,
): string | null {
  const { contents } = document;
  if (value === null) return remove(text, contents, path);
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  if (contents === null) {
    const start = text === "" || /\n\s*\n$/.test(text) ? text : `${text.trimEnd()}${eol}${eol}`;
    return start + linesOf(path, value, { indent: "", eol });
  }
  const { map, left } = descend(contents, path);
  const [name, ...below] = left;
  if (map === null || name === undefined) return null;
  const item = map.items.find((each) => nameOf(each.key) === name);
  if (item === undefined) {
    return insert(text, { map, after: map.items.at(-1), names: left, value, eol });
  }
  if (below.length > 0) {
    if (map.flow || !isEmpty(item.value)) return null;
    return insert(text, { map, after: item, names: below, value, eol, step: STEP });
  }
  const place = scalarPlace(item.value);
  return place && splice(text, place, written(value));
}

/** Inserts a setting behind another one, with the sections that it is in. */
function insert(text: string, what: {
  readonly map: YAMLMap;
  readonly after: Item | undefined;
  /** The sections that are missing, and the setting's own name. */
  readonly names: readonly string[];
  readonly value: string;
  readonly eol: string;
  /** How much deeper than the other setting. @default {""} */
  readonly step?: string;
}): string | null {
  const { map, after, names, value, eol, step = "" } = what;
  const end = after === undefined ? null : endOf(after);
  if (end === null) return null;
  if (map.flow) {
    const [name = "", ...more] = names;
    if (more.length > 0) return null;
    return splice(text, [end, end], `, ${written(name)}: ${written(value)}`);
  }
  const indent = indentOf(text, map);
  if (indent === null) return null;
  const at = sectionEnd(text, end, indent);
  const before = text[at - 1] === "\n" ? "" : eol;
  return splice(text, [at, at], before + linesOf(names, value, { indent: indent + step, eol }));
}

/** Says whether two texts hold the same settings. A section without any counts as missing. */
export function holdTheSame(one: string, other: string): boolean {
  try {
    return JSON.stringify(readFullYaml(one), asList) ===
      JSON.stringify(readFullYaml(other), asList);
  } catch (error) {
    if (!(error instanceof ConfigTextError)) throw error;
    return false;
  }
}

function asList(_name: string, node: ConfigNode): unknown {
  if (!(node instanceof Map)) return node;
  return node.size === 0 ? "" : { map: [...node] };
}

function remove(text: string, contents: unknown, path: readonly string[]): string | null {
  const { map, left } = descend(contents, path);
  const [name, ...below] = left;
  if (map === null || name === undefined || below.length > 0) return null;
  const index = map.items.findIndex((each) => nameOf(each.key) === name);
  const item = map.items[index];
  if (item === undefined) return null;
  const start = startOf(item);
  const end = endOf(item);
  if (start === null || end === null) return null;
  if (!map.flow) {
    const indent = indentOf(text, { items: [item] });
    if (indent === null) return null;
    return splice(text, [start - indent.length, sectionEnd(text, end, indent)], "");
  }
  const [before, after] = [map.items[index - 1], map.items[index + 1]];
  const from = after === undefined && before !== undefined ? endOf(before) : start;
  const to = after === undefined ? end : startOf(after);
  return from === null || to === null ? null : splice(text, [from, to], "");
}

type Item = YAMLMap["items"][number];

/** The deepest map on the way to a setting, and the names that it does not lead to. */
function descend(contents: unknown, path: readonly string[]): {
  readonly map: YAMLMap | null;
  readonly left: readonly string[];
} {
  let map = isMap(contents) ? contents : null;
  let depth = 0;
  while (map !== null && depth < path.length - 1) {
    const below = map.items.find(({ key }) => nameOf(key) === path[depth])?.value;
    if (!isMap(below) || below.items.length === 0) break;
    map = below;
    depth++;
  }
  return { map, left: path.slice(depth) };
}

function nameOf(key: unknown): string | null {
  return isScalar(key) ? String(key.value) : null;
}

/** Where a value stands that is a text in one line. */
function scalarPlace(value: unknown): readonly [number, number] | null {
  if (!isScalar(value) || value.anchor !== undefined || value.tag !== undefined) return null;
  const [start, end] = value.range ?? [0, 0];
  const isInLine = ["PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE"].includes(value.type ?? "");
  return isInLine && end > start ? [start, end] : null;
}

function startOf({ key }: Item): number | null {
  return isScalar(key) ? key.range?.[0] ?? null : null;
}

/** Behind the last character of a setting. */
function endOf({ key, value }: Item): number | null {
  if ((isMap(value) || isSeq(value)) && !value.flow) {
    const last: unknown = value.items.at(-1);
    if (isMap(value) && value.items.length > 0) return endOf(last as Item);
    return isScalar(last) ? last.range?.[1] ?? null : null;
  }
  const range = isMap(value) || isSeq(value) || isScalar(value) ? value.range : undefined;
  const end = range?.[1] ?? 0;
  return Math.max(end, isScalar(key) ? key.range?.[1] ?? 0 : 0) || null;
}

/** Whether nothing is behind a name. */
function isEmpty(value: unknown): boolean {
  return value === null || (isScalar(value) && value.range?.[0] === value.range?.[1]);
}

/** What stands before a map's names; `null`: more than spaces. */
function indentOf(text: string, { items }: Pick<YAMLMap, "items">): string | null {
  const [first] = items;
  const start = first === undefined ? null : startOf(first);
  if (start === null) return null;
  const before = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  return /^\ufeff? *$/.test(before) ? before.replace("\ufeff", "") : null;
}

/** The beginning of the line below a setting, and below the comments that stand deeper than it. */
function sectionEnd(text: string, end: number, indent: string): number {
  const at = text.indexOf("\n", end - 1);
  if (at < 0) return text.length;
  const below = new RegExp(`(?:(?:[ \\t\\r]*\\n)*${indent} +#[^\\n]*(?:\\n|$))*`, "y");
  below.lastIndex = at + 1;
  below.test(text);
  return Math.max(at + 1, below.lastIndex);
}

function linesOf(names: readonly string[], value: string, { indent, eol }: {
  readonly indent: string;
  readonly eol: string;
}): string {
  return names.map((name, depth) => {
    const end = depth === names.length - 1 ? ` ${written(value)}` : "";
    return `${indent}${STEP.repeat(depth)}${written(name)}:${end}${eol}`;
  }).join("");
}

/** A text in one line: everything in JSON's quotes means the same in YAML. */
function written(text: string): string {
  return PLAIN.test(text) && !NOTHING.test(text) ? text : JSON.stringify(text);
}

function splice(text: string, [from, to]: readonly [number, number], put: string): string {
  return text.slice(0, from) + put + text.slice(to);
}
