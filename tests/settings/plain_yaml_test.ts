/** The quick reader reads what the library reads, or refuses to read it. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { ConfigNode } from "../../src/settings/config_node.ts";
import { ConfigTextError, readFullYaml } from "../../src/settings/full_yaml.ts";
import { readPlainYaml } from "../../src/settings/plain_yaml.ts";

/** Files as people write them: what the quick reader must read by itself. */
const PLAIN: readonly string[] = [
  "",
  "# only a comment\n\n",
  "api-url: http://127.0.0.1:7801\n",
  "format: json # as scripts want it\nquiet: true",
  "a:\n  b:\n    c: 1\n  d: 2\ne: 3\n",
  "a: # why\n  # because\n  b: 1\n\n  c: 2\n",
  "a:\n- x\n- 'y'\nb:\n  - z:0.8\n",
  `default-server: studio
servers:
  studio: { api-url: "http://127.0.0.1:7801" }
  gpu2: { api-url: "https://gpu2.example/swarm", token-file: /run/secrets/swarm, headers: { X-Team: art } }
generate: { model: sdxl/base, steps: 25, save-images: true, output-dir: out }
redis-url-file: /run/secrets/redis
`,
  "a: {}\nb: []\nc: [1, two, 'th''ree', [4], {five: x, six: 6}]\r\nd: { }\r\n",
  "a:\nb: ~\nc: null\nd: ''\n",
  "seed: -1\nname: Größe é\nrange: 1-2\nurl: {u: http://h:1/a}\n",
  "constructor: 1\n__proto__: 2\ntoString: 3\n",
  "'a b': 1\n\"c\": 2\nd e: 3\n",
  "x: a#b\ny: 'a # b'\nz: a,b\n",
];

for (const text of PLAIN) {
  Deno.test(`readPlainYaml() reads ${JSON.stringify(text)}`, () => {
    const plain = readPlainYaml(text);
    assert(plain !== null, "it is not sure");
    assertEquals(plain, readFullYaml(text));
  });
}

/** What it must leave to the library, which may refuse it. */
const OTHER: readonly string[] = [
  "a: 1\na: 2\n",
  "a: b: c\n",
  "a: &x 1\nb: *x\n",
  "a: |\n  text\n",
  "a: one\n  two\n",
  'a: "x\\ty"\n',
  "a: !!str 1\n",
  "---\na: 1\n",
  "a: 1\n b: 2\n",
  "  a: 1\nb: 2\n",
  "- a\n",
  "text\n",
  "a: {b: 1\n}\n",
  "a: {b: 1} c\n",
  "a: [1, 2\n",
  "a: 'open\n",
  "a:\t1\n",
  "a : 1\n",
  "? a\n: b\n",
  "a: {b}\n",
  "a: 1\n...\nb: 2\n",
  "a: @x\n",
  "a: `x`\n",
  "%YAML 1.2\n---\na: 1\n",
  "a: b\u2028c: d\n",
  "a: - b\n",
  "---a: b\n",
  "...a: b\n",
  "a: <<\n<<: {b: 1}\n",
];

for (const text of OTHER) {
  Deno.test(`readPlainYaml() is not sure of ${JSON.stringify(text)}, or right`, () => {
    agree(text);
  });
}

/** Pieces of YAML that are often confused with each other. */
const PIECES = fc.constantFrom(
  ..."a b c: : :: - -- , [ ] { } # ' \" ''".split(" "),
  " ",
  "  ",
  "\n",
  "\n  ",
  ": ",
  "- ",
  "a: ",
  "b: ",
  "\n- ",
  " #",
  "~",
  "&a",
  "*a",
  "!",
  "|",
  "http://h:1",
  "\t",
  "\r\n",
);

Deno.test("readPlainYaml() says what the library says, or nothing, of whatever there is", () => {
  fc.assert(
    fc.property(fc.array(PIECES, { maxLength: 20 }), (pieces) => agree(pieces.join(""))),
    { numRuns: 3_000 },
  );
});

function agree(text: string): void {
  const plain = readPlainYaml(text);
  if (plain === null) return;
  assertEquals(plain, readFullYaml(text), JSON.stringify(text));
}

Deno.test("readFullYaml() reads what the quick reader leaves, each scalar as it was typed", () => {
  const text =
    "base: &base {steps: 0012, seed: 9223372036854775807}\na: *base\nb: |\n  two\n  lines\n";
  const numbers: ConfigNode = new Map([["steps", "0012"], ["seed", "9223372036854775807"]]);
  assertEquals(
    readFullYaml(text),
    new Map<string, ConfigNode>([
      ["base", numbers],
      ["a", numbers],
      ["b", "two\nlines\n"],
    ]),
  );
  assertEquals(
    readFullYaml("__proto__: {x: y}\n"),
    new Map([["__proto__", new Map([["x", "y"]])]]),
  );
});

Deno.test.each([
  ["token: hunter2\ntoken: hunter2\n", "line 2: a name stands twice"],
  ["token: 'hunter2\n", "line 2: a quote, bracket"],
  ["a: hunter2: b\n", "line 1: a second colon"],
  ["a: @hunter2\n", "line 1: a text that begins so needs quotes"],
  ['a: "\\hunter2"\n', "line 1: a backslash"],
  ["a: !hunter2 b\n", "line 1: an unknown tag"],
  ["%hunter2\n---\na: b\n", "line 1: it is not YAML"],
  ["a: *hunter2\n", "an alias names what is not above it"],
  ["a: b\n---\na: hunter2\n", "line 2: a second document begins"],
  ["a:\n\thunter2: b\n", "line 2: a tab as indentation"],
  ["? [hunter2]\n: b\n", "a name must be a text"],
  ["- hunter2\n", "expected lines such as"],
  ["hunter2\n", "expected lines such as"],
  [
    `a: &a [${"x,".repeat(99)}]\nb: &b [${"*a,".repeat(99)}]\nc: [${"*b,".repeat(99)}]\n`,
    "it holds more than 20000 values",
  ],
  ["a: &a [*a]\n", "it is nested more than 16 deep"],
  [`a: ${"[".repeat(20)}${"]".repeat(20)}\n`, "it is nested more than 16 deep"],
  ["[".repeat(20_000), "line 1: it is nested more than 16 deep"],
  [`a: ${"{b: ".repeat(5_000)}\n`, "line 1: it is nested more than 16 deep"],
  ["- ".repeat(20_000), "line 1: it is nested more than 16 deep"],
])("readFullYaml() refuses %j without showing it", (text: string, part: string) => {
  const error = assertThrows(() => readFullYaml(text), ConfigTextError);
  assert(error.message.includes(part), error.message);
  assert(!error.message.includes("hunter2") && !error.message.includes("\n"), error.message);
});
