/** Breaks the long lines of a text for a terminal. Pure; loaded only where there is one. */
import { isRule } from "./text.ts";
import { textWidth } from "./text_width.ts";

// deno-lint-ignore no-control-regex
const COLORS = /\x1b\[[\d;]*m/g;
/** A label, or the mark of a check, and the spaces before what it says. */
const LABEL = /^ *\S+(?: \S+)* {2,}/;
/** A value that somebody may want to copy, such as a name or an address. */
const VALUE = /^ +(?!Note:)[A-Z][\w ]*: {2,}/;
/** Below this many columns for what follows a label, the lines begin further left. */
const LEAST_ROOM = 24;

/**
 * Breaks lines between words, so that the terminal does not break them within one. What follows
 * stands below the beginning of the sentence. A word that is longer than a line, and the value of a
 * field, are left to the terminal, so that they can be copied; a rule is made shorter.
 */
export function wrapText(text: string, columns: number): string {
  return text.split("\n").map((line) => wrapLine(line, columns)).join("\n");
}

function wrapLine(line: string, columns: number): string {
  if (widthOf(line) <= columns || VALUE.test(line)) return line;
  if (isRule(line)) return line.slice(0, columns);
  const start = /^ */.exec(line)?.[0].length ?? 0;
  const label = LABEL.exec(line.replace(COLORS, ""))?.[0].length ?? 0;
  const indent = label > 0 && columns - label >= LEAST_ROOM ? label : start + 2;
  const lines: string[] = [];
  let current = "";
  // A space at the beginning, or after another one, belongs to the layout.
  for (const word of line.match(/^ *\S+ *(?= )|\S+ *(?= )|\S+/g) ?? []) {
    const longer = current === "" ? word : `${current} ${word}`;
    if (current.trim() === "" || widthOf(longer) <= columns) {
      current = longer;
      continue;
    }
    lines.push(current.trimEnd());
    current = `${" ".repeat(indent)}${word}`;
  }
  return [...lines, current].join("\n");
}

function widthOf(line: string): number {
  return textWidth(line.replace(COLORS, ""));
}
