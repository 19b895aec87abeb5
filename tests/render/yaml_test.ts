import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parse as parseAs } from "yaml";
import { parse } from "@std/yaml";
import { escapeForTerminal } from "../../src/render/escape.ts";
import { renderYaml } from "../../src/render/yaml.ts";

Deno.test("renderYaml() is YAML of the same value that is safe on a terminal", () => {
  const texts = [
    "gnp.\u202Etxt",
    "\u2066a: 'x'\u2069",
    "a\u200Bb\nc",
    "\x07\u202E\x07",
    "\\\u202E\\a",
    "C:\\a",
    "C:\\a\\U0000202E",
    "\u{E0041}\x9b31m\x1b\u2028\uFEFF\x85",
  ];
  for (const text of texts) {
    const yaml = renderYaml({ [text]: [text] });
    assertEquals(parse(yaml), { [text]: [text] });
    assertEquals(escapeForTerminal(yaml.replaceAll("\n", "")), yaml.replaceAll("\n", ""));
  }
  const plain = { name: "é日👍", lines: "a\nb", none: null, list: [1, true], map: {} };
  assertEquals(
    renderYaml(plain),
    "name: é日👍\nlines: |-\n  a\n  b\nnone: null\nlist:\n  - 1\n  - true\nmap: {}\n",
  );
});

/** What readers of one of the two versions refuse, or take for something other than a text. */
const TRICKY = [
  ...[
    "",
    " ",
    "=",
    "<<",
    "~",
    "-",
    "---",
    "...",
    "?",
    ":",
    "#",
    "*a",
    "&a",
    "!a",
    "%a",
    "@a",
    "`a",
    "|",
  ],
  ...[">", "'a'", '"a"', "[a]", "{a}", "- a", "a: b", "a #b", "a:", "a ", " a", "a\t", ","],
  ...[
    "no",
    "No",
    "yes",
    "y",
    "N",
    "on",
    "OFF",
    "true",
    "null",
    "NULL",
    "nan",
    ".nan",
    ".inf",
    "-.Inf",
  ],
  ...["0", "00", "0o7", "0b1", "0x1F", "1_000", "+1", "-1", "1e3", "1.5", ".5", "1.", "0.9.8.2"],
  ...["12:30", "190:20:30", "2026-11-29", "2026-11-29T03:42:13.530Z", "2026-1-2 3:4:5"],
  ...[
    "a\nb",
    "a\n\nb",
    "\na",
    "a\n",
    "a\n b",
    " a\nb",
    "a \nb",
    "a\r\nb",
    "a\n# b",
    "a\n---\nb",
    "\n",
  ],
  ...[
    "\uFFFE",
    "a\uFFFF",
    "\x85",
    "\u2028",
    "\uFEFFa",
    "👩\u200D💻",
    "a\u200Db",
    "\0",
    "\x7f",
    "\x9b",
  ],
  ...["\\", "C:\\a", "a'b", 'a"b', "日本: 語", "日本語", "a\tb"],
];

function assertReadsBack(value: unknown): void {
  const yaml = renderYaml(value);
  for (const version of ["1.1", "1.2"] as const) {
    assertEquals(parseAs(yaml, { version }), value, `${version}: ${JSON.stringify(yaml)}`);
  }
  assertEquals(parse(yaml), value);
}

Deno.test("renderYaml() reads back to the same texts in YAML 1.1 and 1.2", () => {
  for (const text of TRICKY) {
    assertReadsBack(text);
    // "<<" is a key with a special meaning in YAML 1.1, for some readers even in quotes.
    assertReadsBack(text === "<<" ? [text] : { [text]: [text, { a: text }] });
  }
});

Deno.test("renderYaml() reads back to the same documents in YAML 1.1 and 1.2", () => {
  const text = fc.string({ unit: "binary" }).map((each) => each.toWellFormed());
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.oneof(
      text,
      fc.constantFrom(...TRICKY),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    ),
    list: fc.array(tie("tree"), { maxLength: 3 }),
    map: fc.dictionary(fc.string({ minLength: 1 }).map((name) => `_${name}`), tie("tree"), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    tree: fc.oneof({ depthSize: "small" }, tie("leaf"), tie("list"), tie("map")),
  }));
  fc.assert(fc.property(tree, (value) => assertReadsBack(value)), { numRuns: 300 });
});

Deno.test("renderYaml() writes half a surrogate pair as a replacement character", () => {
  assertEquals(renderYaml({ a: "x\uD83D", b: ["\uDC00"] }), 'a: x\uFFFD\nb:\n  - "\uFFFD"\n');
});

Deno.test("renderYaml() leaves ordinary words bare, and lists and maps in blocks", () => {
  assertEquals(
    renderYaml({ list: [{ a: 1, b: [[1, "two"], {}] }, []], none: undefined, url: "http://a:1" }),
    "list:\n  - a: 1\n    b:\n      - - 1\n        - two\n      - {}\n  - []\nurl: http://a:1\n",
  );
  assertEquals([renderYaml([]), renderYaml("a"), renderYaml(null)], ["[]\n", "a\n", "null\n"]);
});
