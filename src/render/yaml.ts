/**
 * Documents as YAML that YAML 1.1 and 1.2 parsers read back as the same values, whatever the texts
 * are, and that is as safe to print on a terminal as `jsonText()`. Loaded only if YAML is wanted.
 *
 * A text is unquoted only if no parser could take it for anything else: it begins with a letter and
 * is none of YAML 1.1's words. So numbers, dates, `=`, `<<`, `no` and `1_000` are quoted.
 */
import { isJsonObject } from "../json_object.ts";
import { unsafe } from "./escape.ts";

/** Words that YAML 1.1 reads as a truth value, nothing or a number. */
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;
/** Begins with a letter, does not end with a space or colon, and contains no `: ` or ` #`. */
const BARE = /^\p{L}(?:(?!:\s|\s#)[^\p{Cc}\p{Zl}\p{Zp}])*$/u;
/** Lines that can be written unchanged, each below the other. */
const BLOCK = /^\S(?:.*\S)?(?:\n\S(?:.*\S)?)+$/u;
/** Characters that YAML forbids, besides those that a terminal must not get. */
const NONCHARACTERS = /[\uFFFE\uFFFF]/gu;

/** Makes the text; it ends with a line break. */
export function renderYaml(document: unknown): string {
  return `${node(document, "").replace(/^[\n ]/, "")}\n`;
}

/**
 * A value as it follows its name or dash, with the space or line break before it.
 *
 * @param indent Of the lines below the name.
 */
function node(value: unknown, indent: string): string {
  if (Array.isArray(value)) return items(value, indent);
  if (isJsonObject(value)) return fields(value, indent);
  if (typeof value !== "string") return ` ${plain(value)}`;
  const text = value.toWellFormed();
  if (indent !== "" && BLOCK.test(text) && text.search(UNSAFE_IN_BLOCK) < 0) {
    return ` |-\n${indent}${text.replaceAll("\n", `\n${indent}`)}`;
  }
  return ` ${scalar(text)}`;
}

function items(values: readonly unknown[], indent: string): string {
  if (values.length === 0) return " []";
  return values.map((each) => {
    // A collection begins on the line of its dash.
    const below = node(each, `${indent}  `);
    return `\n${indent}-${below.startsWith("\n") ? ` ${below.trimStart()}` : below}`;
  }).join("");
}

function fields(object: Readonly<Record<string, unknown>>, indent: string): string {
  const named = Object.entries(object).filter(([, value]) => value !== undefined);
  if (named.length === 0) return " {}";
  return named.map(([name, value]) => {
    const isNested = typeof value === "string" || Array.isArray(value) || isJsonObject(value);
    const below = node(value, isNested ? `${indent}  ` : indent);
    return `\n${indent}${scalar(name.toWellFormed())}:${below}`;
  }).join("");
}

function plain(value: unknown): string {
  const json = JSON.stringify(value) ?? "null";
  // YAML 1.1 recognises a number with an exponent only if it has a point.
  return json.replace(/^(-?\d+)e/, "$1.0e");
}

function scalar(text: string): string {
  const isBare = BARE.test(text) && !/[\s:]$/u.test(text) && !WORDS.test(text) &&
    text.search(UNSAFE_ANYWHERE) < 0;
  if (isBare) return text;
  return JSON.stringify(text).replace(unsafe(), escape).replace(NONCHARACTERS, escape);
}

/** Without the flag that makes `search()` depend on the previous search. */
const UNSAFE_ANYWHERE = new RegExp(`${unsafe().source}|[\uFFFE\uFFFF]`, "u");
const UNSAFE_IN_BLOCK = new RegExp(`(?!\\n)(?:${unsafe().source}|[\uFFFE\uFFFF])`, "u");

function escape(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
}
