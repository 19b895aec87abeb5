import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { chooseModel, findChoice, findNamed } from "../../../src/cli/generate/choose.ts";
import { UsageError } from "../../../src/errors.ts";
import { escapeForTerminal } from "../../../src/render/escape.ts";
import type { ModelEntry } from "../../../src/generation/server/image_server.ts";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";

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

/** The name that is wanted, the names that exist, and which one is taken, or the error. */
const LIKE_NAMES: readonly (readonly [string, readonly string[], string])[] = [
  ["dup/name", ["dup/Name.safetensors"], "dup/Name.safetensors"],
  ["dup/name", ["dup/Name.safetensors", "dup/names.safetensors"], "dup/Name.safetensors"],
  ["name", ["a/name.gguf", "name.gguf"], "name.gguf"],
  ["name.gguf", ["name.safetensors", "name.gguf"], "name.gguf"],
  [
    "dup/name",
    ["dup/Name.safetensors", "dup/name.safetensors"],
    'Cannot use model "dup/name.safetensors": the server cannot tell it from ' +
    '"dup/Name.safetensors" (rename one of them on the server)',
  ],
  [
    "dup/name.safetensors",
    ["dup/Name.safetensors", "dup/name.safetensors"],
    'Cannot use model "dup/name.safetensors": the server cannot tell it from ' +
    '"dup/Name.safetensors" (rename one of them on the server)',
  ],
  [
    "a b.safetensors",
    ["a b.safetensors", "[AB].safetensors"],
    'Cannot use model "a b.safetensors": the server cannot tell it from "[AB].safetensors" ' +
    "(rename one of them on the server)",
  ],
  [
    "DUP/NAME",
    ["dup/Name.safetensors", "dup/name.safetensors"],
    'Cannot use model "DUP/NAME": 2 have this name (dup/Name.safetensors or dup/name.safetensors)',
  ],
  [
    "name",
    ["name.safetensors", "name.gguf"],
    'Cannot use model "name": 2 have this name (name.safetensors or name.gguf)',
  ],
];

for (const [wanted, names, expected] of LIKE_NAMES) {
  Deno.test(`findNamed() takes "${wanted}" of ${names.join(", ")} for that very one, or refuses`, () => {
    let found: string;
    try {
      found = findNamed(wanted, entries(...names), "model").name;
    } catch (error) {
      assert(error instanceof UsageError);
      found = error.message;
    }
    assertEquals(found, expected);
  });
}

Deno.test("chooseModel() refuses the loaded model that the server does not tell from another", () => {
  const models = entries("dup/Name.safetensors", "dup/name.safetensors")
    .map((model, at) => ({ ...model, loaded: at === 1 }));
  const { message } = assertThrows(() => chooseModel(null, models), UsageError);
  assertStringIncludes(message, "the server cannot tell it from");
});

Deno.test("chooseModel() takes the server's default where nothing else decides", () => {
  const models = entries("b/x.safetensors", "a.gguf");
  for (const named of ["a.gguf", "a"]) {
    assertEquals(chooseModel(null, models, named).name, "a.gguf");
  }
  assertEquals(chooseModel("x", models, "a").name, "b/x.safetensors");
  const [first, second] = models;
  assert(first !== undefined && second !== undefined);
  assertEquals(chooseModel(null, [{ ...first, loaded: true }, second], "a").name, first.name);
  const both = models.map((model) => ({ ...model, loaded: true }));
  assertEquals(chooseModel(null, both, "a").name, "a.gguf");
  for (const named of ["", "(None)", "gone"]) {
    assertThrows(() => chooseModel(null, models, named), UsageError, "none of the 2 is loaded");
  }
});

Deno.test("chooseModel() takes the only model there is, loaded or not, and never guesses", () => {
  assertEquals(chooseModel(null, entries("sdxl/base.safetensors")).name, "sdxl/base.safetensors");
  for (
    const [names, said] of [
      [[], "the server has none (put a model file into its models folder)"],
      [
        ["b/x.safetensors", "a.gguf"],
        "none of the 2 is loaded: b/x.safetensors, a.gguf",
      ],
    ] as const
  ) {
    const { message } = assertThrows(() => chooseModel(null, entries(...names)), UsageError);
    assertEquals(message, `Cannot choose a model: ${said}`);
  }
});

Deno.test("generate image asks for the server's default model only where nothing else decides", async () => {
  const models = [{ name: "sdxl/base.safetensors" }, { name: "tiny.safetensors" }];
  await using stage = await openStage({ models, backends: [{}], defaultModel: "tiny" });
  const line = ["generate", "image", "-p", "cat", "--dry-run", "--get", "request.model"];
  const { code, out, err } = await runHere(line, { stage });
  assertEquals([code, out.trim(), err], [0, "tiny.safetensors", ""]);
  assertEquals(stage.asked("ListT2IParams"), 1);
  assertEquals((await runHere([...line, "--model", "base"], { stage })).code, 0);
  assertEquals(stage.asked("ListT2IParams"), 1);
});

Deno.test("findNamed() and findChoice() take a name as a terminal shows it, with escapes", () => {
  // Joined as in Persian, a flag of tags, a soft hyphen.
  for (const name of ["نیم\u200Cفاصله", "🏴\u{E0067}\u{E0062}\u{E007F}", "soft\u00ADhyphen"]) {
    const shown = escapeForTerminal(name);
    assert(shown.includes("\\u{"));
    const known = entries(`people/${name}.safetensors`, "tiny.safetensors");
    for (const way of [shown, `people/${shown}`, `people/${shown}.safetensors`]) {
      assertEquals(findNamed(way, known, "model").name, `people/${name}.safetensors`);
    }
    assertEquals(findChoice(shown, ["euler", name], "sampler"), name);
  }
});
