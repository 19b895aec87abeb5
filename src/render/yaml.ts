/**
 * Documents as YAML that reads back as the same values with readers of YAML 1.1 and of 1.2, whatever
 * the texts are, and is safe to print on a terminal, as `jsonText()` is. Load this only where YAML is
 * wanted.
 *
 * A text is left bare only if no reader could take it for anything else: it begins with a letter and is
 * none of the words of YAML 1.1. So numbers, dates, `=`, `<<`, `no` and `1_000` stand in quotes.
 */
import { isJsonObject } from "../json_object.ts";
import { UNSAFE } from "./escape.ts";

/** What YAML 1.1 reads as a truth value, nothing or a number. */
const WORDS = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;
/** Begins with a letter, ends with no space or colon, and holds no `: ` or ` #`. */
const BARE = /^\p{L}(?:(?!:\s|\s#)[^\p{Cc}\p{Zl}\p{Zp}])*$/u;
/** Lines that can stand as they are, each below the other. */
const BLOCK = /^\S(?:.*\S)?(?:\n\S(?:.*\S)?)+$/u;
/** What no YAML may hold as it is, besides what a terminal must not see. */
const NONCHARACTERS = /[\uFFFE\uFFFF]/gu;

/** Makes the text; it ends with a line break. */
export function renderYaml(document: unknown): string {
  return `${node(document, "").replace(/^[\n ]/, "")}\n`;
}

/**
 * A value as it stands behind its name or dash, with the space or line break before it.
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
  // YAML 1.1 knows a number with an exponent by its point.
  return json.replace(/^(-?\d+)e/, "$1.0e");
}

function scalar(text: string): string {
  const isBare = BARE.test(text) && !/[\s:]$/u.test(text) && !WORDS.test(text) &&
    text.search(UNSAFE_ANYWHERE) < 0;
  if (isBare) return text;
  return JSON.stringify(text).replace(UNSAFE, escape).replace(NONCHARACTERS, escape);
}

/** Without the flag that makes `search()` depend on the search before. */
const UNSAFE_ANYWHERE = new RegExp(`${UNSAFE.source}|[\uFFFE\uFFFF]`, "u");
const UNSAFE_IN_BLOCK = new RegExp(`(?!\\n)(?:${UNSAFE.source}|[\uFFFE\uFFFF])`, "u");

function escape(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
}
