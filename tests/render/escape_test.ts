import { assertEquals } from "@std/assert";
import { escapeForTerminal, jsonText } from "../../src/render/escape.ts";

for (
  const [what, text, shown] of [
    ["a colour", "\x1b[31mred", "\\u{1B}[31mred"],
    ["a window title", "\x1b]0;pwned\x07", "\\u{1B}]0;pwned\\u{7}"],
    ["a line break", "one\r\ntwo", "one\\u{D}\\u{A}two"],
    ["a tab, NUL and DEL", "a\tb\0c\x7f", "a\\u{9}b\\u{0}c\\u{7F}"],
    ["C1's one-byte CSI and NEL", "\x9b31m\x85", "\\u{9B}31m\\u{85}"],
    ["a bidirectional override", "gnp.\u202Etxt", "gnp.\\u{202E}txt"],
    ["a bidirectional isolate", "\u2066x\u2069", "\\u{2066}x\\u{2069}"],
    ["marks of direction", "\u200E\u200F\u061C", "\\u{200E}\\u{200F}\\u{61C}"],
    ["zero-width characters", "a\u200Bb\u200Dc\uFEFF", "a\\u{200B}b\\u{200D}c\\u{FEFF}"],
    ["line and paragraph separators", "\u2028\u2029", "\\u{2028}\\u{2029}"],
    ["a soft hyphen", "co\u00ADop", "co\\u{AD}op"],
    ["tag characters", "x\u{E0041}", "x\\u{E0041}"],
    ["a lone surrogate", "x\uD83D", "x\\u{D83D}"],
    ["a joiner before or behind an emoji alone", "a\u200D💻\u200Db", "a\\u{200D}💻\\u{200D}b"],
    ["two joiners", "👩\u200D\u200D💻", "👩\\u{200D}\\u{200D}💻"],
    ["a joiner between letters and signs", "1\u200D2#\u200D3", "1\\u{200D}2#\\u{200D}3"],
  ] as const
) {
  Deno.test(`escapeForTerminal() shows ${what}`, () => {
    assertEquals(escapeForTerminal(text), shown);
  });
}

Deno.test("escapeForTerminal() leaves all other text as it is", () => {
  const text = "A “fine” prompt: naïve café, 日本語, עברית, 👍🏽 ❤️ 👩‍💻 👩🏽‍🚀 🏳️‍🌈, \\u{1B} – 100 %";
  assertEquals(escapeForTerminal(text), text);
});

Deno.test("jsonText() is JSON of the same value that is safe on a terminal", () => {
  const value = { name: "\x9b31m\u202E\u{E0041}\x1b\uD83D é日👍\n", list: [1, null] };
  for (const json of [jsonText(value), jsonText(value, { indent: 2 })]) {
    assertEquals(JSON.parse(json), { ...value, name: value.name.toWellFormed() });
    assertEquals(escapeForTerminal(json.replaceAll("\n", "")), json.replaceAll("\n", ""));
  }
  assertEquals(jsonText("\x9b\u202E\u{E0041}"), '"\\u009b\\u202e\\udb40\\udc41"');
  assertEquals(jsonText({ a: ["é👍"] }, { indent: 2 }), '{\n  "a": [\n    "é👍"\n  ]\n}');
});

Deno.test("jsonText() is well-formed Unicode, and leaves backslashes alone", () => {
  const text = jsonText({ "a\uDC00": "\uD83D", pair: "👍", slashes: "\\ud83d", odd: "\\\uD83D" });
  assertEquals(
    text,
    '{"a\uFFFD":"\uFFFD","pair":"👍","slashes":"\\\\ud83d","odd":"\\\\\uFFFD"}',
  );
});
