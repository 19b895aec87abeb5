/** `models get`: how a model is found by its name, and what is shown. */
import { assertEquals, assertMatch } from "@std/assert";
import type { SimulatedModel } from "../../../src/simulator/simulator.ts";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

const MODELS: readonly SimulatedModel[] = [
  {
    name: "sdxl/base.safetensors",
    architecture: "stable-diffusion-xl-v1-base",
    author: "S. A.",
    license: "openrail",
    description: "A model\n\u001B[2Jfor <b>all</b>.",
    usage_hint: "Use 30 steps",
    tags: ["photo", "general"],
    date: "2023-07-26",
  },
  { name: "old/twin.safetensors" },
  { name: "new/twin.safetensors" },
  { name: "ink.safetensors", kind: "LoRA", trigger_phrase: "ink of" },
  { name: "ink.safetensors", kind: "VAE" },
];

function open(more: Parameters<typeof openStage>[0] = {}): Promise<Stage> {
  return openStage({
    models: MODELS,
    loras: [],
    backends: [{ model: "sdxl/base.safetensors" }, {}, {
      model: "sdxl/base.safetensors",
      title: "left",
    }],
    ...more,
  });
}

Deno.test("models get reports all of a model, and where it is loaded", async () => {
  await using stage = await open();
  const { code, out, err } = await runHere(["models", "get", "BASE"], { stage });
  assertEquals([code, err], [0, ""]);
  assertEquals(
    out.replace(/0x\w{64}/, "0x…"),
    [
      "Name:          sdxl/base.safetensors",
      "Type:          checkpoint",
      "Title:         Base",
      "Architecture:  Stable Diffusion XL 1.0-Base (stable-diffusion-xl-v1-base)",
      "Size:          1024x1024",
      "Loaded On:     backend 0, backend 2 (left)",
      "License:       openrail",
      "Author:        S. A.",
      "Published:     2023-07-26",
      "Tags:          photo, general",
      "Usage:         Use 30 steps",
      "Description:   A model \\u{1B}[2Jfor <b>all</b>.",
      "Hash:          0x…",
      "",
    ].join("\n"),
  );
});

Deno.test("models get as a document has the fields of models list, and loaded_on", async () => {
  await using stage = await open();
  const { out } = await runHere(["models", "get", "sdxl/base", "-f", "json"], { stage });
  const { type, model, loaded_on, error } = JSON.parse(out);
  assertEquals([type, model.name, model.description, loaded_on, error], [
    "checkpoint",
    "sdxl/base.safetensors",
    MODELS[0]?.description,
    [0, 2],
    null,
  ]);
  const width = await runHere(["models", "get", "base", "--get", "model.standard_width"], {
    stage,
  });
  assertEquals(width.out, "1024\n");
  const quiet = await runHere(["models", "get", "base", "--quiet"], { stage });
  assertEquals(quiet.out, "sdxl/base.safetensors\n");
});

Deno.test("models get finds a model of any kind; one that is not told apart is not guessed", async () => {
  await using stage = await open();
  const lora = await runHere(["models", "get", "ink", "-t", "lora"], { stage });
  assertMatch(lora.out, /^Trigger Words: ink of$/m);
  const cases: readonly (readonly [line: string, error: string])[] = [
    [
      "ink",
      'Cannot tell which model "ink" is: 2 have this name (lora "ink.safetensors", vae ' +
      '"ink.safetensors"; give the full name, or --type)',
    ],
    [
      "twin",
      'Cannot tell which model "twin" is: 2 have this name (checkpoint "new/twin.safetensors", ' +
      'checkpoint "old/twin.safetensors"; give the full name, or --type)',
    ],
    [
      "bsae",
      'Cannot find "bsae": the server has no such model (closest: sdxl/base.safetensors)',
    ],
    [
      "base --type lora",
      'Cannot find "base": the server has no such model of type lora (but a model of type ' +
      "checkpoint: --type checkpoint)",
    ],
    [
      "base --type clip",
      'Cannot find "base": the server has no such model of type clip (but a ' +
      "model of type checkpoint: --type checkpoint)",
    ],
    [
      "nosuch --type clip",
      'Cannot find "nosuch": the server has no such model of type clip (it ' +
      "has none)",
    ],
  ];
  for (const [line, error] of cases) {
    const { code, err } = await runHere(["models", "get", ...line.split(" ")], { stage });
    assertEquals([code, err], [2, `Error: ${error}\n`]);
  }
});

Deno.test("models get without the permission to see backends or parameters says what it may", async () => {
  await using stage = await open({ permissions: ["fundamental_model_access"] });
  const found = await runHere(["models", "get", "sdxl/base"], { stage });
  assertMatch(found.out, /^Loaded On: +a backend; which one may only be seen with view_backends/m);
  // Names cannot be completed then.
  const { code, err } = await runHere(["models", "get", "base"], { stage });
  assertEquals([code, err], [
    2,
    'Error: Cannot find "base": the server has no such model of type checkpoint\n',
  ]);
  const { out } = await runHere(["models", "get", "sdxl/base", "--get", "loaded_on"], { stage });
  assertEquals(out, "\n");
});

Deno.test("models get reports the hash at once, though the server computes it when it is asked", async () => {
  await using stage = await open();
  const line = ["models", "get", "new/twin", "--get", "model.hash"];
  const { out } = await runHere(line, { stage });
  assertMatch(out, /^0x[0-9a-f]{64}\n$/);
});

Deno.test("models get takes a name as a list on a terminal shows it", async () => {
  await using stage = await open({ models: [{ name: "a\u202Eb\tc\nd.safetensors" }] });
  const { out } = await runHere(["models", "get", "a\\u{202E}b\\u{9}c\\u{A}d.safetensors"], {
    stage,
  });
  assertMatch(out, /^Name: +a\\u\{202E\}b\\u\{9\}c\\u\{A\}d\.safetensors$/m);
});
