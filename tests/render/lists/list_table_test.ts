/** Tables: what is cut and what is left out, at which width. */
import { assert, assertEquals } from "@std/assert";
import { fittedTable, tabbedLines } from "../../../src/render/lists/list_table.ts";
import type { Column } from "../../../src/render/lists/list_table.ts";
import { textWidth } from "../../../src/render/text_width.ts";

interface Fruit {
  readonly name: string;
  readonly colour: string | null;
}

const COLUMNS: readonly Column<Fruit>[] = [
  { name: "name", text: ({ name }) => name },
  { name: "colour", text: ({ colour }) => colour },
];

function table(rows: readonly Fruit[], width: number, isAsked = false): readonly string[] {
  const { text, leftOut } = fittedTable(rows, COLUMNS, { width, isAsked });
  return [...text.split("\n").slice(0, -1), ...leftOut.map((name) => `left out: ${name}`)];
}

Deno.test("a table that fits is as wide as its texts; what is not known is empty", () => {
  const rows = [{ name: "cherry", colour: "red" }, { name: "fig", colour: null }];
  assertEquals(table(rows, 80), ["NAME    COLOUR", "cherry  red", "fig"]);
});

Deno.test("texts of wide characters, accents and emoji are aligned by their columns", () => {
  const names = ["りんご", "e\u0301clair", "❤️ kiwi", "👨‍👩‍👧"];
  assertEquals(table(names.map((name) => ({ name, colour: "red" })), 80), [
    "NAME     COLOUR",
    "りんご   red",
    "e\u0301clair   red",
    "❤️ kiwi  red",
    // Each of the three counts, because some terminals show them separately.
    "👨‍👩‍👧   red",
  ]);
});

Deno.test("long texts are shortened, with a mark, before a column is left out", () => {
  const rows = [{ name: "a".repeat(50), colour: "b".repeat(30) }];
  assertEquals(table(rows, 54), [
    `NAME${" ".repeat(22)}COLOUR`,
    `${"a".repeat(23)}…  ${"b".repeat(27)}…`,
  ]);
  assertEquals(table(rows, 53), [
    "NAME",
    "a".repeat(50),
    "left out: colour",
  ]);
  assertEquals(table(rows, 20, true), ["NAME       COLOUR", "aaaaaaaa…  bbbbbbbb…"]);
  assertEquals(table(rows, 10), ["NAME", "aaaaaaaaa…", "left out: colour"]);
});

Deno.test("foreign text is escaped, never cut within an escape or a character", () => {
  const rows = [{ name: "ab\u202Ecd\tef\ngh", colour: "日本" }];
  assertEquals(table(rows, 80)[1], "ab\\u{202E}cd\\u{9}ef\\u{A}gh  日本");
  assertEquals(table(rows, 16), ["NAME", "ab\\u{202E}cd…", "left out: colour"]);
  assertEquals(table([{ name: "日本語", colour: null }], 4)[1], "日…");
});

Deno.test("no line is wider than the terminal, whatever the texts and the width", () => {
  const odd = [
    "日本語モデル".repeat(9),
    "👨‍👩‍👧".repeat(9),
    "❤️".repeat(30),
    "\u202E".repeat(30),
    "x".repeat(300),
  ];
  const rows = odd.flatMap((name) => odd.map((colour) => ({ name, colour })));
  for (const width of [1, 2, 5, 12, 24, 40, 79, 80, 200]) {
    for (const isAsked of [false, true]) {
      const { text } = fittedTable(rows, COLUMNS, { width, isAsked });
      const lines = text.split("\n");
      assertEquals(lines.length, rows.length + 2);
      assert(lines.every((line) => textWidth(line) <= width), `${width}: ${text}`);
    }
  }
});

Deno.test("lines for scripts are whole, with a tab between the columns, and have no headings", () => {
  const rows = [{ name: "a\tb\nc", colour: null }, { name: "x".repeat(300), colour: "red" }];
  const lines = `a\\u{9}b\\u{A}c\t\n${"x".repeat(300)}\tred\n`;
  assertEquals(tabbedLines(rows, COLUMNS, { withHeadings: false }), lines);
  assertEquals(tabbedLines(rows, COLUMNS, { withHeadings: true }), `NAME\tCOLOUR\n${lines}`);
});
