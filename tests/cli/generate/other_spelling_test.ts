import { assertEquals } from "@std/assert";
import { otherSpelling } from "../../../src/cli/generate/choose.ts";
import { SAMPLERS, SCHEDULERS } from "../../../src/simulator/models/samplers.ts";

const NAMES = [...SAMPLERS, ...SCHEDULERS].map(([name]) => name);

const ROWS: readonly (readonly [name: string, meant: string | null])[] = [
  ["euler_a", "euler_ancestral"],
  ["Euler a", "euler_ancestral"],
  ["DPM++ 2M", "dpmpp_2m"],
  ["DPM++ 2S a", "dpmpp_2s_ancestral"],
  ["DPM2 a", "dpm_2_ancestral"],
  ["UniPC", "uni_pc"],
  ["SGM Uniform", "sgm_uniform"],
  // Unchanged, in upper or lower case.
  ["euler", null],
  ["Euler", null],
  ["euler_ancestral", null],
  // None of them matches.
  ["euler_b", null],
  ["a", null],
  ["++", null],
  ["", null],
];

Deno.test("otherSpelling() finds the one name that another tool's means", () => {
  for (const [name, meant] of ROWS) assertEquals(otherSpelling(name, NAMES), meant, name);
});

Deno.test("otherSpelling() does not choose among several", () => {
  assertEquals(otherSpelling("euler-a", ["euler_a", "eulera"]), null);
});
