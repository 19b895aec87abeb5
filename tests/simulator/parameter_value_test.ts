import { assertEquals, assertThrows } from "@std/assert";
import { findParameter, type Parameter } from "../../src/simulator/models/parameter_table.ts";
import {
  ParameterError,
  readValue,
  valueText,
} from "../../src/simulator/models/parameter_value.ts";

function parameter(key: string): Parameter {
  const found = findParameter(key);
  if (found === null) throw new Error(`There is no parameter ${key}`);
  return found;
}

Deno.test("findParameter() ignores letter case and all but letters", () => {
  for (const key of ["negativeprompt", "negative_prompt", "Negative Prompt", "negative-prompt2"]) {
    assertEquals(findParameter(key)?.id, "negativeprompt", key);
  }
  assertEquals(findParameter("nosuchkey"), null);
});

const SAMPLERS = ["euler", "euler_ancestral", "heun", "lms", "dpmpp_2m"];
const READ: readonly (readonly [key: string, text: string, read: string])[] = [
  ["sampler", "EULER", "euler"],
  ["sampler", "euler_a", "euler_ancestral"],
  ["sampler", "", "lms"],
  ["sampler", "[heun]", "heun"],
  ["steps", " 7 ", "7"],
  ["steps", "+7", "7"],
  ["cfgscale", "7.50", "7.5"],
  ["nopreviews", "TRUE", "true"],
  ["seed", "9223372036854775807", "9223372036854775807"],
];

for (const [key, text, read] of READ) {
  Deno.test(`readValue() reads "${text}" for ${key} as "${read}"`, () => {
    assertEquals(readValue(parameter(key), { text, choices: SAMPLERS }), read);
  });
}

const REFUSED: readonly (readonly [key: string, text: string, message: string])[] = [
  ["steps", "1.5", "must be a valid integer"],
  ["steps", "-1", "must be between 0 and 500"],
  ["seed", "9223372036854775808", "must be a valid integer"],
  ["seed", "-2", "must be between -1 and 9.223372036854776E+18"],
  ["seed", valueText(1e21), "- '1E+21' - must be a valid integer"],
  ["cfgscale", "101", "must be between 0 and 100"],
  ["cfgscale", "NaN", "must be a valid decimal"],
  ["nopreviews", "yes", "must be exactly 'true' or 'false'"],
  ["sampler", "x", "must be one of: `euler`, `euler_ancestral`, `heun`, `lms`, `dpmpp_2m`"],
  ["model", "x", "are you sure that model name is correct?"],
  ["initimage", "abc", "must be a valid base64 string - got 'abc'"],
];

for (const [key, text, message] of REFUSED) {
  Deno.test(`readValue() refuses "${text}" for ${key}`, () => {
    assertThrows(
      () => readValue(parameter(key), { text, choices: SAMPLERS }),
      ParameterError,
      message,
    );
  });
}

Deno.test("valueText() turns every value into text, as SwarmUI does", () => {
  assertEquals(
    [5, true, null, ["a", 1], { a: 1 }].map(valueText),
    ["5", "true", "", "a,1", '{\n  "a": 1\n}'],
  );
});
