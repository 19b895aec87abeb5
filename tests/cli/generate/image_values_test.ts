/** LoRAs and their weights as users write them. */
import { assertEquals, assertThrows } from "@std/assert";
import { readLora } from "../../../src/cli/generate/image_values.ts";
import { InvalidValueError } from "../../../src/cli/values.ts";

for (
  const [text, name, weight] of [
    ["detail", "detail", null],
    ["detail:0.8", "detail", 0.8],
    ["style/ink:-.5", "style/ink", -0.5],
    ["a:b:1", "a:b", 1],
  ] as const
) {
  Deno.test(`readLora() reads ${text}`, () => assertEquals(readLora(text), { name, weight }));
}

for (
  const [text, message] of [
    ["detail:x", "expected a weight from -10 to 10"],
    ["detail:", "expected a weight from -10 to 10"],
    ["detail:1e1", "expected a weight from -10 to 10"],
    ["detail:11", "expected a weight from -10 to 10"],
    ["", "expected NAME or NAME:WEIGHT"],
    [":1", "expected NAME or NAME:WEIGHT"],
    ["a,b", "expected NAME or NAME:WEIGHT"],
  ] as const
) {
  Deno.test(`readLora() refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => readLora(text), InvalidValueError, message);
  });
}
