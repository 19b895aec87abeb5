/**
 * The YAML that people write by hand, read at a tenth of what the library costs to load: maps by
 * indentation, lists of values, `{ }` and `[ ]` within a line, plain and quoted texts, comments.
 *
 * It reads nothing that it is not sure of: whatever else there may be (anchors, tags, block texts, texts
 * over several lines, a name given twice, a mistake) is `null`, and left to the library. What it
 * looks for it finds with `indexOf()`: character by character, or with regular expressions, it would
 * take a start three times as long.
 */
import type { ConfigMap, ConfigNode } from "./config_node.ts";

const DEPTH_MAX = 8;
/** How no plain text begins, in this reader's opinion. */
const NOT_FIRST = "-?:,[]{}#&*!|>'\"%@`=<";
const FLOW_MARKS = ",[]{}";
const NOTHING: readonly string[] = ["", "~", "null", "Null", "NULL"];

/** Tabs, and line breaks and control characters of other kinds. */
// deno-lint-ignore no-control-regex
const NOT_PLAIN = /[\0-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff]/;

/** Thrown, and caught here, where the library must read the file. */
const UNSURE = Symbol("unsure");

/** Reads a file's text, each scalar as it was typed; `null` if it is not that plain. */
export function readPlainYaml(text: string): ConfigMap | null {
  const lines = text.includes("\r") ? text.replaceAll("\r\n", "\n") : text;
  if (NOT_PLAIN.test(lines)) return null;
  try {
    return readFile({ text: lines, at: 0, indent: 0 });
  } catch (error) {
    if (error !== UNSURE) throw error;
    return null;
  }
}

/** How far the text was read. */
interface Reading {
  readonly text: string;
  at: number;
  /** Of the line at which the reader stands; -1 behind the last one. */
  indent: number;
}

function readFile(from: Reading): ConfigMap {
  nextLine(from);
  const map = from.indent < 0 ? new Map<string, ConfigNode>() : readMap(from, 0, 0);
  if (from.indent >= 0) throw UNSURE;
  return map;
}

/** Goes from the beginning of a line to the first text that is no comment. */
function nextLine(from: Reading): void {
  const text = from.text;
  for (;;) {
    const start = from.at;
    while (text[from.at] === " ") from.at++;
    const first = text[from.at];
    if (first === undefined) {
      from.indent = -1;
      return;
    }
    if (first === "#") skipComment(from);
    else if (first !== "\n") {
      from.indent = from.at - start;
      return;
    }
    from.at++;
  }
}

function skipComment(from: Reading): void {
  const end = from.text.indexOf("\n", from.at);
  from.at = end < 0 ? from.text.length : end;
}

/** Goes past spaces and a comment to the next line; there must be nothing else. */
function endLine(from: Reading): void {
  const start = from.at;
  skipSpaces(from);
  if (from.text[from.at] === "#" && from.at > start) skipComment(from);
  const end = from.text[from.at];
  if (end !== undefined && end !== "\n") throw UNSURE;
  from.at++;
  nextLine(from);
}

function skipSpaces(from: Reading): void {
  while (from.text[from.at] === " ") from.at++;
}

function readMap(from: Reading, indent: number, depth: number): ConfigMap {
  const map = new Map<string, ConfigNode>();
  while (from.indent === indent) {
    const name = readScalar(from, "");
    if (from.text[from.at] !== ":") throw UNSURE;
    from.at++;
    const next = from.text[from.at] ?? "\n";
    if (name === "" || map.has(name) || (next !== " " && next !== "\n")) throw UNSURE;
    map.set(name, readBehindColon(from, indent, depth));
  }
  return map;
}

function readBehindColon(from: Reading, indent: number, depth: number): ConfigNode {
  skipSpaces(from);
  const first = from.text[from.at] ?? "\n";
  if (first !== "\n" && first !== "#") {
    const value = readInline(from, "", depth);
    endLine(from);
    // What stands deeper below a value goes on with it.
    if (from.indent > indent) throw UNSURE;
    return value;
  }
  // A comment is one because of the space before it.
  if (first === "#") from.at--;
  endLine(from);
  if (depth === DEPTH_MAX) throw UNSURE;
  if (isAtDash(from) && from.indent >= indent) return readList(from, from.indent, depth + 1);
  return from.indent > indent ? readMap(from, from.indent, depth + 1) : "";
}

function isAtDash(from: Reading): boolean {
  return from.text[from.at] === "-" && from.text[from.at + 1] === " " && from.indent >= 0;
}

function readList(from: Reading, indent: number, depth: number): readonly ConfigNode[] {
  const items: ConfigNode[] = [];
  while (from.indent === indent && isAtDash(from)) {
    from.at++;
    skipSpaces(from);
    items.push(readInline(from, "", depth));
    endLine(from);
    if (from.indent > indent) throw UNSURE;
  }
  return items;
}

/** @param marks What ends a plain text, besides the line, a colon and a comment. */
function readInline(from: Reading, marks: string, depth: number): ConfigNode {
  if (depth > DEPTH_MAX) throw UNSURE;
  const first = from.text[from.at];
  if (first === "{") return readFlowMap(from, depth + 1);
  if (first === "[") return readFlowList(from, depth + 1);
  const isQuoted = first === '"' || first === "'";
  const scalar = readScalar(from, marks);
  return !isQuoted && NOTHING.includes(scalar) ? "" : scalar;
}

function readFlowList(from: Reading, depth: number): readonly ConfigNode[] {
  const items: ConfigNode[] = [];
  while (!isFlowEnd(from, "]")) {
    items.push(readInline(from, FLOW_MARKS, depth));
    endFlowItem(from, "]");
  }
  return items;
}

function readFlowMap(from: Reading, depth: number): ConfigMap {
  const map = new Map<string, ConfigNode>();
  while (!isFlowEnd(from, "}")) {
    const name = readScalar(from, FLOW_MARKS);
    if (from.text[from.at] !== ":" || from.text[from.at + 1] !== " ") throw UNSURE;
    from.at++;
    skipSpaces(from);
    if (name === "" || map.has(name)) throw UNSURE;
    map.set(name, readInline(from, FLOW_MARKS, depth));
    endFlowItem(from, "}");
  }
  return map;
}

/** Goes past the mark before an item; past the end too, if that comes instead. */
function isFlowEnd(from: Reading, end: string): boolean {
  if (from.text[from.at] !== end) from.at++;
  skipSpaces(from);
  if (from.text[from.at] !== end) return false;
  from.at++;
  return true;
}

function endFlowItem(from: Reading, end: string): void {
  skipSpaces(from);
  const mark = from.text[from.at];
  if (mark !== "," && mark !== end) throw UNSURE;
}

function readScalar(from: Reading, marks: string): string {
  const text = from.text;
  const first = text[from.at] ?? "\n";
  if (first === '"' || first === "'") return readQuoted(from, first);
  const start = from.at;
  // A dash before something is a sign, as in `-1`.
  const isSign = first === "-" && !`${FLOW_MARKS}- \n`.includes(text[start + 1] ?? "\n");
  if (NOT_FIRST.includes(first) && !isSign || text.startsWith("...", start)) throw UNSURE;
  let end = before(from, "\n", text.length);
  end = before(from, " #", end);
  for (const mark of marks) end = before(from, mark, end);
  for (let colon = start; (colon = text.indexOf(":", colon)) >= 0 && colon < end; colon++) {
    const next = text[colon + 1] ?? "\n";
    if (next === " " || next === "\n" || FLOW_MARKS.includes(next)) end = colon;
  }
  while (text[end - 1] === " ") end--;
  from.at = end;
  return text.slice(start, end);
}

/** Where something stands next, if that is before an end. */
function before(from: Reading, what: string, end: number): number {
  const found = from.text.indexOf(what, from.at);
  return found < 0 || found > end ? end : found;
}

function readQuoted(from: Reading, quote: string): string {
  let value = "";
  for (;;) {
    const start = from.at + 1;
    const end = from.text.indexOf(quote, start);
    const part = from.text.slice(start, end);
    if (end < 0 || part.includes("\n") || (quote === '"' && part.includes("\\"))) throw UNSURE;
    value += part;
    from.at = end + 1;
    // Two single ones are one that is meant.
    if (quote === '"' || from.text[from.at] !== quote) return value;
    value += quote;
  }
}
