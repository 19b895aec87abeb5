import { stringify } from "@std/yaml";
import { UNSAFE } from "./escape.ts";

/** What is left to the library: it escapes them, tag characters (which do nothing) only in quotes. */
const LEFT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFEFF\u{E0000}-\u{E0FFF}]/u;
/** A mark of `withMarks()`, as the library writes it, and what it marks. */
const MARKED = new RegExp(`\\\\a(${UNSAFE.source})`, "gu");

/**
 * Writes a document as YAML that is safe to print on a terminal, as `jsonText()` is. Loads a library:
 * import this module only where YAML is wanted.
 */
export function renderYaml(document: unknown): string {
  const yaml = stringify(mapTexts(document, withMarks), { lineWidth: -1, skipInvalid: true });
  return yaml.replace(
    MARKED,
    (whole: string, character: string) => LEFT.test(character) ? whole : escape(character),
  );
}

/**
 * Puts a bell before what the library would leave as it is: it then quotes the text, for only between
 * double quotes there are escapes.
 */
function withMarks(text: string): string {
  return text.replace(
    UNSAFE,
    (character) => LEFT.test(character) ? character : `\x07${character}`,
  );
}

function escape(character: string): string {
  return `\\U${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(8, "0")}`;
}

/** All texts of a document, names of fields included. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [change(name), mapTexts(each, change)]),
  );
}
