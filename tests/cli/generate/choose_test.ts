import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { findChoice, findNamed } from "../../../src/cli/generate/choose.ts";
import { UsageError } from "../../../src/errors.ts";
import type { ModelEntry } from "../../../src/generation/image_server.ts";

const SAMPLERS = ["euler", "euler_ancestral", "dpm_2", "dpmpp_2m", "dpmpp_2m_sde", "uni_pc", "lcm"];
const SCHEDULERS = ["normal", "karras", "sgm_uniform", "ddim_uniform", "align_your_steps"];

function entries(...names: readonly string[]): readonly ModelEntry[] {
  return names.map((name) => ({
    name,
    loaded: false,
    standardWidth: null,
    standardHeight: null,
  }));
}

for (
  const [noun, choices, wanted, closest] of [
    ["sampler", SAMPLERS, "eulr", "euler"],
    ["sampler", SAMPLERS, "Euler a", "euler_ancestral, euler"],
    ["sampler", SAMPLERS, "DPM++ 2M", "dpmpp_2m, dpmpp_2m_sde"],
    ["sampler", SAMPLERS, "DPM++ 2M Karras", "dpmpp_2m"],
    ["sampler", SAMPLERS, "ancestral", "euler_ancestral"],
    ["sampler", SAMPLERS, "UniPC", "uni_pc"],
    ["scheduler", SCHEDULERS, "Karas", "karras"],
    ["scheduler", SCHEDULERS, "uniform", "sgm_uniform, ddim_uniform"],
    ["scheduler", SCHEDULERS, "Align your Steps", "align_your_steps"],
  ] as const
) {
  Deno.test(`findChoice() names what is closest to ${noun} "${wanted}"`, () => {
    const { message } = assertThrows(() => findChoice(wanted, choices, noun), UsageError);
    assertStringIncludes(message, `the server has no such ${noun} (closest: ${closest})`);
  });
}

for (
  const [wanted, names, closest] of [
    ["bsae", ["sdxl/base.safetensors", "tiny.safetensors"], "sdxl/base.safetensors"],
    ["SDXL Base", ["sdxl/base.safetensors", "tiny.safetensors"], "sdxl/base.safetensors"],
    ["inkk", ["ink.safetensors"], "ink.safetensors"],
    ["base", ["a/bases.safetensors", "b/bases.gguf"], "a/bases.safetensors, b/bases.gguf"],
    [
      "vision",
      ["juggernautXL.safetensors", "realVisionXL.safetensors"],
      "realVisionXL.safetensors",
    ],
  ] as const
) {
  Deno.test(`findNamed() names what is closest to model "${wanted}"`, () => {
    const { message } = assertThrows(
      () => findNamed(wanted, entries(...names), "model"),
      UsageError,
    );
    assertStringIncludes(message, `the server has no such model (closest: ${closest})`);
  });
}

Deno.test("findChoice() lists the first of what there is where nothing is close", () => {
  for (const wanted of ["zzzz", "?", "e"]) {
    const { message } = assertThrows(() => findChoice(wanted, SCHEDULERS, "scheduler"), UsageError);
    assertStringIncludes(message, "(there is normal, karras, sgm_uniform, ");
  }
});

Deno.test("findChoice() takes a word in any case, and any word where the server lists none", () => {
  assertEquals(findChoice("KARRAS", SCHEDULERS, "scheduler"), "karras");
  assertEquals(findChoice("new", null, "scheduler"), "new");
});
