import { assertEquals } from "@std/assert";
import { wrapText } from "../../src/render/wrap_text.ts";

const CASES: readonly (readonly [string, number, string])[] = [
  ["Idle", 40, "Idle"],
  [
    "Not visible: everything on the server (to see more: --allow-net)",
    40,
    "Not visible: everything on the server\n  (to see more: --allow-net)",
  ],
  [
    "  missing  The server does not answer (start it)",
    36,
    "  missing  The server does not\n           answer (start it)",
  ],
  ["  missing  The server does not answer", 30, "  missing  The server does not\n    answer"],
  ["\x1b[33mBusy: 1 generation\x1b[39m", 12, "\x1b[33mBusy: 1\n  generation\x1b[39m"],
  ["─".repeat(47), 40, "─".repeat(40)],
  // A name must be copied unchanged, and so must a long word.
  [
    "    Model:         a model with a long name",
    20,
    "    Model:         a model with a long name",
  ],
  ["see https://gpu2.example/a/long/path", 20, "see\n  https://gpu2.example/a/long/path"],
  ["絵 絵絵絵 絵絵絵", 9, "絵 絵絵絵\n  絵絵絵"],
];

Deno.test("wrapText() breaks lines between words, below what they begin with", () => {
  for (const [text, columns, wrapped] of CASES) {
    assertEquals(wrapText(`${text}\n`, columns), `${wrapped}\n`);
  }
});
