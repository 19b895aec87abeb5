import { assertEquals } from "@std/assert";
import {
  cutLine,
  formatBytes,
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatPercent,
  roundFraction,
} from "../../src/render/text.ts";

const DURATIONS: readonly [number, string][] = [
  [-3_600_000, "0s"],
  [0, "0s"],
  [99, "0s"],
  [400, "0.4s"],
  [999, "0.9s"],
  [1_000, "1s"],
  [45_000, "45s"],
  [59_999, "59s"],
  [60_000, "1.0m"],
  [65_999, "1.0m"],
  [66_000, "1.1m"],
  [150_000, "2.5m"],
  [3_599_999, "59.9m"],
  [3_600_000, "1.0h"],
  [4_320_000, "1.2h"],
  [86_400_000, "24.0h"],
];

for (const [durationMs, text] of DURATIONS) {
  Deno.test(`formatDuration() writes ${durationMs} ms as ${text}`, () => {
    assertEquals(formatDuration(durationMs), text);
  });
}

Deno.test("formatPercent() has one decimal", () => {
  assertEquals([0, 0.45, 0.4567, 1].map(formatPercent), ["0.0%", "45.0%", "45.7%", "100.0%"]);
  assertEquals(formatPercent(0.9999), "99.9%");
});

Deno.test("formatMilliseconds() never writes a zero", () => {
  const written = [0, 0.4, 0.999, 1, 1.4, 12.5, 4_999.6].map(formatMilliseconds);
  assertEquals(written, ["<1ms", "<1ms", "<1ms", "1ms", "1ms", "13ms", "5000ms"]);
});

Deno.test("formatBytes() picks a binary unit", () => {
  assertEquals(
    [0, 1_023, 1_024, 1_610_612_736, 1024 ** 4, 2_000 * 1024 ** 4].map(formatBytes),
    ["0 B", "1023 B", "1.0 KiB", "1.5 GiB", "1.0 TiB", "2000.0 TiB"],
  );
});

Deno.test("formatCount() knows one from many", () => {
  const written = [0, 1, 2].map((count) => formatCount(count, "image"));
  assertEquals(written, ["0 images", "1 image", "2 images"]);
});

for (
  const [fraction, rounded] of [
    [0, 0],
    [0.1 + 0.2, 0.3],
    [1 / 3, 0.3333],
    [0.5499999999999999, 0.55],
    [0.99999, 0.9999],
    [1, 1],
    [1.00001, 1],
    [null, null],
  ] as const
) {
  Deno.test(`roundFraction() makes ${rounded} of ${fraction}`, () => {
    assertEquals(roundFraction(fraction), rounded);
  });
}

for (
  const [columns, cut] of [
    [33, "Untracked: 3 images on the server"],
    [32, "Untracked: 3 images on the…"],
    [27, "Untracked: 3 images on the…"],
    [26, "Untracked: 3 images on…"],
    [12, "Untracked:…"],
    [10, "Untracked…"],
    [4, "Unt…"],
  ] as const
) {
  Deno.test(`cutLine() cuts between words for ${columns} columns`, () => {
    assertEquals(cutLine("Untracked: 3 images on the server", columns), cut);
  });
}

Deno.test("cutLine() cuts long names within, makes rules shorter, and keeps indents", () => {
  assertEquals(cutLine("─────", 3), "───");
  assertEquals(cutLine("  Model:  sdxl", 12), "  Model:…");
  assertEquals(cutLine("  Model:    sdxl/base/with/a/long/name", 24), "  Model:    sdxl/base/w…");
  assertEquals(cutLine("  sdxl/base", 6), "  sdx…");
});
