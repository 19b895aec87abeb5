import { assertEquals } from "@std/assert";
import { suggest } from "../../src/cli/suggest.ts";

const NAMES = ["status", "simulate", "generate", "wait", "cancel"];

for (
  const [word, expected] of [
    ["statsu", ["status"]],
    ["sim", ["simulate"]],
    ["STATUS", ["status"]],
    ["genrate", ["generate"]],
    ["status-of-server", ["status"]],
    ["wait-for-server", []],
    ["xyzzy", []],
    ["", []],
    ["w", []],
    ["s".repeat(100_000), []],
  ] as const
) {
  Deno.test(`suggest() for ${JSON.stringify(word.slice(0, 10))}`, () => {
    assertEquals(suggest(word, NAMES), expected);
  });
}

Deno.test("suggest() gives the nearest first, and no more than the limit", () => {
  const models = ["sdxl/base.safetensors", "sdxl/bass.safetensors", "sdxl/refiner.safetensors"];
  assertEquals(suggest("sdxl/base.safetensor", models, { limit: 2 }), [
    "sdxl/base.safetensors",
    "sdxl/bass.safetensors",
  ]);
});
