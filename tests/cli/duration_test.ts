import { assertEquals } from "@std/assert";
import { readDurationMs, writeDuration } from "../../src/cli/quantities.ts";

for (
  const [text, expected] of [
    ["5s", 5000],
    ["500ms", 500],
    ["2m", 120_000],
    ["1.5h", 5_400_000],
    ["1d", 86_400_000],
    ["7", 7000],
    [".25", 250],
    [" 3s ", 3000],
    ["0", 0],
    ["", null],
    ["s", null],
    ["-5s", null],
    ["+5s", null],
    ["5 s", null],
    ["5S", null],
    ["1e3", null],
    ["0x10", null],
    ["1h30m", 5_400_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["1.5h30m", 7_200_000],
    ["30m1h", null],
    ["1h1h", null],
    ["1h30", null],
    ["1h 30m", null],
    ["5sec", null],
    ["1.s", null],
    ["Infinity", null],
    ["9".repeat(400), null],
  ] as const
) {
  Deno.test(`readDurationMs() reads ${JSON.stringify(text.slice(0, 12))}`, () => {
    assertEquals(readDurationMs(text), expected);
  });
}

Deno.test("writeDuration() writes what readDurationMs() reads, in the largest unit", () => {
  const written = [0, 10, 1500, 5000, 90_000, 120_000, 3_600_000, 172_800_000].map(writeDuration);
  assertEquals(written, ["0s", "10ms", "1500ms", "5s", "90s", "2m", "1h", "2d"]);
});
