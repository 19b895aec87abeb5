import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { cutText, shortened } from "../src/cut_text.ts";

const SEGMENTS = new Intl.Segmenter("en", { granularity: "grapheme" });
const FAMILY = "👩‍👩‍👧‍👦";

const PIECES = [
  ...[
    FAMILY,
    "🇩🇪",
    "🇫🇷",
    "e\u0301",
    "👍🏽",
    "❤️",
    "1️⃣",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "한",
    "👩🏽‍🚀",
    "🏳️‍🌈",
    "\r\n",
    "日",
    "a",
    " ",
    "#",
    "7",
  ],
];

Deno.test("cutText() never cuts a character in two", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom(...PIECES)), fc.nat(40), (pieces, most) => {
    const text = pieces.join("");
    let fits = "";
    for (const { segment } of SEGMENTS.segment(text)) {
      if (fits.length + segment.length > most) break;
      fits += segment;
    }
    assertEquals(cutText(text, { most }), { text: fits, isCut: fits !== text });
  }));
});

Deno.test("cutText() never cuts a code point in two, whatever the text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.nat(20), (text, most) => {
    const { text: kept } = cutText(text, { most });
    assertEquals([kept.isWellFormed(), text.startsWith(kept), kept.length <= most], [
      text.isWellFormed(),
      true,
      true,
    ]);
  }));
});

Deno.test("cutText() uses the given measure, and shortened() marks a cut", () => {
  const measure = (one: string): number => new TextEncoder().encode(one).length;
  assertEquals(cutText("日本語", { most: 7, measure }).text, "日本");
  assertEquals(shortened(`abc${FAMILY}`, 5), "abc…");
  assertEquals(shortened("abc", 3), "abc");
});
