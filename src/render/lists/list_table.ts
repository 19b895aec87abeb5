/**
 * Lists as tables: fitted to the width of a terminal, and as tab-separated lines for scripts. Pure.
 */
import { cutText, shortened } from "../../cut_text.ts";
import { escapeForTerminal } from "../escape.ts";
import { textWidth } from "../text_width.ts";

const GAP = 2;
/**
 * Before columns get narrower than this, the last one is left out. This is for the first column.
 */
const FIRST_MIN = 24;
const OTHERS_MIN = 28;
/** The same for columns that were asked for by name. */
const ASKED_MIN = 6;
/** No terminal is wider; a text is not measured beyond this. */
const CELL_MAX = 1000;

/** A column of a list. The columns of a table are in the order of their importance. */
export interface Column<Row> {
  /** Its name for `--columns`; the heading is the same in capitals. */
  readonly name: string;
  /** Its text for a row, which may be foreign; `null`: not known. */
  readonly text: (row: Row) => string | null;
}

/** A table that fits a terminal. */
export interface FittedTable {
  readonly text: string;
  /** The names of the columns for which there was no room. */
  readonly leftOut: readonly string[];
}

/**
 * A table with headings, no line of which is wider than the terminal. Long cells are cut and marked
 * with `…`; if that is not enough, the last columns are left out.
 *
 * @param options.width Columns of the terminal.
 * @param options.isAsked Whether these columns were asked for by name.
 */
export function fittedTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: { readonly width: number; readonly isAsked: boolean },
): FittedTable {
  const cells = columns.map(({ name, text }) => [
    name.toUpperCase(),
    ...rows.map((row) => shortened(text(row) ?? "", CELL_MAX)),
  ]);
  const widths = fittedWidths(cells.map(widestOf), options);
  const lines = Array.from(
    { length: rows.length + 1 },
    (_, line) =>
      widths.map((width, index) => fitted(cells[index]?.[line] ?? "", width))
        .join(" ".repeat(GAP)).trimEnd(),
  );
  return {
    text: lines.map((line) => `${line}\n`).join(""),
    leftOut: columns.slice(widths.length).map(({ name }) => name),
  };
}

/** Lines for scripts: a tab between two cells, nothing cut, and headings only on request. */
export function tabbedLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: { readonly withHeadings: boolean },
): string {
  const headings = options.withHeadings ? [columns.map(({ name }) => name.toUpperCase())] : [];
  const lines = rows.map((row) => columns.map(({ text }) => escapeForTerminal(text(row) ?? "")));
  return [...headings, ...lines].map((cells) => `${cells.join("\t")}\n`).join("");
}

function widestOf(cells: readonly string[]): number {
  return cells.reduce((most, cell) => Math.max(most, textWidth(escapeForTerminal(cell))), 0);
}

/** The widths of the columns that fit, at least one. */
function fittedWidths(
  natural: readonly number[],
  { width, isAsked }: { readonly width: number; readonly isAsked: boolean },
): readonly number[] {
  const least = natural.map((most, index) =>
    Math.min(most, width, isAsked ? ASKED_MIN : index === 0 ? FIRST_MIN : OTHERS_MIN)
  );
  let count = 0;
  let room = width + GAP;
  for (const each of least) {
    if (count > 0 && each + GAP > room) break;
    room -= each + GAP;
    count += 1;
  }
  // The remaining room goes to the columns that need it, one character at a time.
  const widths = least.slice(0, count);
  for (let gave = true; gave && room > 0;) {
    gave = false;
    for (const [index, width] of widths.entries()) {
      if (room <= 0 || width >= (natural[index] ?? 0)) continue;
      widths[index] = width + 1;
      room -= 1;
      gave = true;
    }
  }
  return widths;
}

/** A cell with exactly this width. */
function fitted(cell: string, width: number): string {
  const line = fittedLine(cell, width);
  return line + " ".repeat(Math.max(0, width - textWidth(line)));
}

/**
 * A text as one line with at most this many columns. A longer text is cut, never inside a character
 * or its escape, and marked with `…`.
 */
export function fittedLine(text: string, width: number): string {
  const whole = escapeForTerminal(text);
  if (textWidth(whole) <= width) return whole;
  const { text: kept } = cutText(text, {
    most: width - 1,
    measure: (character) => textWidth(escapeForTerminal(character)),
  });
  return `${escapeForTerminal(kept)}…`;
}
