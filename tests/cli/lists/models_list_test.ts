/**
 * `models list`: what is listed, in which order and form, and what is said if something is missing.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { SimulatedModel } from "../../../src/simulator/simulator.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

const DAY_MS = 86_400_000;

const MODELS: readonly SimulatedModel[] = [
  {
    name: "sdxl/base.safetensors",
    architecture: "stable-diffusion-xl-v1-base",
    license: "openrail",
    tags: ["photo", "general"],
    createdMs: 20_000 * DAY_MS,
  },
  { name: "tiny.safetensors", createdMs: 20_002 * DAY_MS },
  { name: "Anime/flat.safetensors", title: "A flat one", createdMs: 20_001 * DAY_MS },
  { name: "ink.safetensors", kind: "LoRA", trigger_phrase: "ink of", createdMs: 20_000 * DAY_MS },
  { name: "soft.safetensors", kind: "VAE", createdMs: 20_000 * DAY_MS },
];

function open(more: Parameters<typeof openStage>[0] = {}): Promise<Stage> {
  return openStage({
    models: MODELS,
    loras: [],
    backends: [{ model: "tiny.safetensors" }],
    ...more,
  });
}

/** Runs a command that must succeed; returns what it printed. */
async function list(stage: Stage, line: string): Promise<readonly string[]> {
  const { code, out, err } = await runHere(["models", "list", ...line.split(" ").filter(Boolean)], {
    stage,
  });
  assertEquals([code, err], [0, ""], line);
  return out.split("\n").slice(0, -1);
}

Deno.test("models list prints a line for each model with tabs between the columns", async () => {
  await using stage = await open();
  assertEquals(await list(stage, ""), [
    "Anime/flat.safetensors\tno\tstable-diffusion-v1\t512x512\tA flat one",
    "sdxl/base.safetensors\tno\tstable-diffusion-xl-v1-base\t1024x1024\tBase",
    "tiny.safetensors\tyes\tstable-diffusion-v1\t512x512\tTiny",
  ]);
  assertEquals(await list(stage, "--type lora --headings"), [
    "NAME\tARCHITECTURE\tTITLE\tTRIGGER",
    "ink.safetensors\tstable-diffusion-v1\tInk\tink of",
  ]);
  assertEquals(await list(stage, "--type vae --columns title,name,created"), [
    "Soft\tsoft.safetensors\t2024-10-04",
  ]);
});

Deno.test("models list picks, sorts and limits", async () => {
  await using stage = await open();
  const names = (line: string): Promise<readonly string[]> => list(stage, `--quiet ${line}`);
  assertEquals(await names("--loaded"), ["tiny.safetensors"]);
  assertEquals(await names("--search PHOTO"), ["sdxl/base.safetensors"]);
  assertEquals(await names("--sort title --limit 2"), [
    "Anime/flat.safetensors",
    "sdxl/base.safetensors",
  ]);
  assertEquals(await names("--sort created"), [
    "tiny.safetensors",
    "Anime/flat.safetensors",
    "sdxl/base.safetensors",
  ]);
  assertEquals(await names("--sort architecture"), [
    "Anime/flat.safetensors",
    "tiny.safetensors",
    "sdxl/base.safetensors",
  ]);
  const { out } = await runHere(["models", "list", "--search", "flat one", "-q"], { stage });
  assertEquals(out, "Anime/flat.safetensors\n");
});

Deno.test("models list as a document tells all of each model, and --get takes it apart", async () => {
  await using stage = await open();
  const { out } = await runHere(
    ["models", "list", "--loaded", "--limit", "1", "--format", "json"],
    { stage },
  );
  assertEquals(JSON.parse(out), {
    schema_version: 1,
    server_url: stage.server.url,
    type: "checkpoint",
    models: [{
      name: "tiny.safetensors",
      title: "Tiny",
      loaded: true,
      architecture: "stable-diffusion-v1",
      class: "Stable Diffusion v1",
      compat_class: "stable-diffusion-v1",
      standard_width: 512,
      standard_height: 512,
      author: null,
      license: null,
      description: null,
      usage_hint: null,
      trigger_phrase: null,
      tags: null,
      date: null,
      local: true,
      created_at: "2024-10-06T00:00:00.000Z",
      modified_at: "2024-10-06T00:00:00.000Z",
      hash: null,
    }],
    matching: 1,
    total: 3,
    named_only: 0,
    error: null,
  });
  assertEquals(await list(stage, "--get models[].standard_width"), ["512", "1024", "512"]);
});

Deno.test("a list that the server shortens silently is completed from the names, with a note", async () => {
  const models = Array.from({ length: 40 }, (_, index) => ({ name: `m${index}.safetensors` }));
  for (let cap = 1; cap <= 38; cap += 12) {
    await using stage = await openStage({
      models,
      modelListCap: cap,
      backends: [{ model: "m7.safetensors" }],
    });
    const { code, out, err } = await runHere(["models", "list", "-f", "json"], { stage });
    const { models: listed, total, named_only: namedOnly } = JSON.parse(out);
    assertEquals([code, listed.length, total], [0, 40, 40]);
    const told = listed.filter(({ loaded }: { loaded: boolean | null }) => loaded !== null);
    assertEquals(namedOnly, 40 - told.length);
    assertMatch(
      err,
      /^The server told of \d+ models in full and cut its list there; of the other \d+ only /,
    );
    // Loaded models are shown wherever the list was shortened.
    const loaded = await runHere(["models", "list", "--loaded", "-q"], { stage });
    assertEquals(loaded.out, "m7.safetensors\n");
  }
});

Deno.test("without permission for the parameters the list is shown, and whether it is complete is not known", async () => {
  await using stage = await open({ permissions: ["fundamental_model_access"] });
  const { out } = await runHere(["models", "list", "-f", "json"], { stage });
  const { models, named_only: namedOnly } = JSON.parse(out);
  assertEquals([models.length, namedOnly], [3, null]);
});

Deno.test("an empty list is not a failure, and says why it is empty", async () => {
  await using stage = await open();
  const cases: readonly (readonly [line: string, said: string])[] = [
    ["--type clip", `${stage.server.url} has no models of type clip (other kinds: --type)`],
    ["--search nothing", 'None of 3 models of type checkpoint holds "nothing"'],
    ["--type vae --loaded", "None of 1 model of type vae is loaded"],
    ["--loaded --search base", 'None of 3 models of type checkpoint is loaded and holds "base"'],
  ];
  for (const [line, said] of cases) {
    const args = ["models", "list", ...line.split(" ")];
    assertEquals(await runHere(args, { stage }), { code: 0, out: "", err: `${said}\n` });
    const quiet = await runHere([...args, "--quiet"], { stage });
    assertEquals([quiet.out, quiet.err], ["", ""]);
  }
});

Deno.test("on a terminal models list is a table that fits it", async () => {
  await using stage = await open();
  const tables: string[] = [];
  for (const columns of [80, 40]) {
    const terminal = new MemoryTerminal({ isTerminal: true, columns });
    await runHere(["models", "list"], { stage, terminal });
    tables.push(terminal.outText);
  }
  assertEquals(tables, [
    "NAME                    LOADED  ARCHITECTURE                 SIZE\n" +
    "Anime/flat.safetensors  no      stable-diffusion-v1          512x512\n" +
    "sdxl/base.safetensors   no      stable-diffusion-xl-v1-base  1024x1024\n" +
    "tiny.safetensors        yes     stable-diffusion-v1          512x512\n",
    "NAME                    LOADED\n" +
    "Anime/flat.safetensors  no\n" +
    "sdxl/base.safetensors   no\n" +
    "tiny.safetensors        yes\n",
  ]);
});

Deno.test("models list refuses options that would do nothing, and columns that there are not", async () => {
  await using stage = await open();
  const cases: readonly (readonly [line: string, error: string])[] = [
    ["--columns nam", 'Cannot use --columns "nam": there is no column "nam" (closest: name)'],
    [
      "--columns name -f json",
      "Cannot use --columns for a document: it holds every field (leave --columns out, or " +
      "give --format table)",
    ],
    ["--headings -q", "Cannot use --headings with --quiet, which prints only the names"],
    [
      "--state-file x",
      'Cannot use --state-file "x": a list reads no state file',
    ],
    [
      "--type loras",
      'Cannot use --type "loras": expected checkpoint, lora, vae, embedding, controlnet, clip or ' +
      "clipvision",
    ],
  ];
  for (const [line, error] of cases) {
    const { code, err } = await runHere(["models", "list", ...line.split(" ")], { stage });
    assertEquals([code, err], [2, `Error: ${error}\n`]);
  }
  assertEquals(stage.asked("ListModels"), 0);
});

Deno.test("names of models cannot write to the terminal or add lines for scripts", async () => {
  const name = "a\u001B[2J\u202Eb\tc\nd.safetensors";
  await using stage = await openStage({ models: [{ name }], backends: [{}] });
  const shown = "a\\u{1B}[2J\\u{202E}b\\u{9}c\\u{A}d.safetensors";
  const terminal = new MemoryTerminal({ isTerminal: true, columns: 200 });
  await runHere(["models", "list"], { stage, terminal });
  assert(terminal.outText.includes(shown), terminal.outText);
  assertEquals(await list(stage, "--columns name"), [shown]);
  assertEquals((await list(stage, "--quiet")).length, 1);
  const { out } = await runHere(["models", "list", "-f", "yaml"], { stage });
  assert(!out.includes("\u001B"), out);
});

Deno.test("models alone shows its help; a command that it does not have is answered with the nearest", async () => {
  await using stage = await open();
  const help = await runHere(["models"], { stage });
  assertEquals([help.code, help.err], [0, ""]);
  assertMatch(help.out, /^USAGE\n {2}asset-generator models COMMAND/);
  for (const word of ["lst", "ls", "lists"]) {
    const { code, err } = await runHere(["models", word], { stage });
    assertEquals([code, err], [
      2,
      `Error: Cannot run "models ${word}": there is no such command (did you mean models list?)\n`,
    ]);
  }
});

Deno.test("a list does not fail because its reader has gone", async () => {
  await using stage = await open();
  for (
    const line of ["models list", "models get tiny", "samplers list -q", "presets list -f json"]
  ) {
    const terminal = new MemoryTerminal();
    terminal.closeOut();
    const { code, err } = await runHere(line.split(" "), { stage, terminal });
    assertEquals([code, err], [0, ""], line);
  }
});
