/** The look of all texts for people: headings with a rule, labels in a column. Pure. */
import { escapeForTerminal } from "./escape.ts";

const RULE = "─".repeat(47);
const LABEL_WIDTH = 15;

/** A heading, its rule and lines; ends with a line break. */
export function section(heading: string, lines: readonly string[]): string {
  return [heading, RULE, ...lines].map((line) => `${line}\n`).join("");
}

/** A label and its value, which may be foreign text; no line where there is no value. */
export function field(
  indent: number,
  label: string,
  value: string | null | undefined,
): readonly string[] {
  if (value === null || value === undefined || value === "") return [];
  return [`${" ".repeat(indent)}${`${label}:`.padEnd(LABEL_WIDTH)}${escapeForTerminal(value)}`];
}
