/** Options of the original tool: `--style-prefix`, `--lora-weight`, `--sampler euler_a`. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runHere } from "../../support/program_here.ts";
import { CAT_REQUEST, openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

async function dryRun(
  stage: Stage,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly err: string; readonly request: unknown }> {
  const words = [
    "generate",
    "image",
    "-p",
    "a cat",
    "--seed",
    "7",
    "--no-tag",
    "--dry-run",
    "-f",
    "json",
  ];
  const { code, out, err } = await runHere([...words, ...args], { stage });
  return { code, err, request: JSON.parse(out).request };
}

Deno.test("--sampler and --scheduler in another spelling name what they become", async () => {
  await using stage = await openStage();
  assertEquals(await dryRun(stage, "--sampler", "euler_a", "--scheduler", "SGM Uniform"), {
    code: 0,
    err: 'Warning: The sampler "euler_a" is called euler_ancestral by this server\n' +
      'Warning: The scheduler "SGM Uniform" is called sgm_uniform by this server\n',
    request: { ...CAT_REQUEST, sampler: "euler_ancestral", scheduler: "sgm_uniform" },
  });
  const { code, err } = await dryRun(stage, "--sampler", "euler_b");
  assertEquals(code, 2);
  assertStringIncludes(err, "closest: euler");
});

Deno.test("--style-prefix stands before the prompt, with one comma", async () => {
  await using stage = await openStage();
  const rows: readonly (readonly [prefix: string, prompt: string])[] = [
    ["pixel art", "pixel art, a cat"],
    ["pixel art, ", "pixel art, a cat"],
    ["a painting of", "a painting of, a cat"],
    ["in oil:", "in oil: a cat"],
    ["<lora:ink>", "<lora:ink>, a cat"],
    [" ", "a cat"],
  ];
  for (const [prefix, prompt] of rows) {
    const { request } = await dryRun(stage, "--style-prefix", prefix);
    assertEquals(request, { ...CAT_REQUEST, prompt });
  }
});

Deno.test("--lora-weight and --lora-default-weight are weights of LoRAs that have none", async () => {
  await using stage = await openStage({ loras: ["ink.safetensors", "soft.safetensors"] });
  const loras = ["--lora", "ink", "--lora", "soft"];
  const rows: readonly (readonly [args: readonly string[], weights: string])[] = [
    [loras, "1,1"],
    [[...loras, "--lora-weight", "0.8", "--lora-weight", "0.6"], "0.8,0.6"],
    [[...loras, "--lora-weight", "0.8"], "0.8,1"],
    [[...loras, "--lora-weight", "0.8", "--lora-default-weight", "-0.5"], "0.8,-0.5"],
    [["--lora", "ink:2", "--lora", "soft", "--lora-default-weight", "0.5"], "2,0.5"],
  ];
  for (const [args, loraweights] of rows) {
    const { code, request } = await dryRun(stage, ...args);
    assertEquals(code, 0);
    assertEquals(request, {
      ...CAT_REQUEST,
      loras: ["ink", "soft"],
      loraweights: loraweights.split(","),
    });
  }
});

Deno.test("options of the original may be defaults that are of no use", async () => {
  await using stage = await openStage({ loras: ["ink.safetensors"] });
  const config = `${stage.here}/config.yaml`;
  await Deno.writeTextFile(config, "generate: { lora-default-weight: 0.7, websocket: true }\n");
  const none = await dryRun(stage, "--config", config, "--no-websocket");
  assertEquals(none, { code: 0, err: "", request: CAT_REQUEST });
  const { request } = await dryRun(stage, "--config", config, "--lora", "ink");
  assertEquals(request, { ...CAT_REQUEST, loras: ["ink"], loraweights: ["0.7"] });
});

Deno.test("options of the original are refused where they contradict others", async () => {
  await using stage = await openStage({ loras: ["ink.safetensors"] });
  const rows: readonly (readonly [args: readonly string[], message: string])[] = [
    [["--websocket", "--no-websocket"], "Cannot use --websocket and --no-websocket together"],
    [["--lora-weight", "1"], "Cannot use --lora-weight without --lora: it is the weight of LoRAs"],
    [
      ["--lora-default-weight", "1"],
      "Cannot use --lora-default-weight without --lora: it is the weight of LoRAs",
    ],
    [
      ["--lora", "ink", "--lora-weight", "1", "--lora-weight", "2"],
      "Cannot use --lora-weight 2 times for 1 LoRAs: each of them has one weight",
    ],
    [
      ["--lora", "ink:1", "--lora-weight", "2"],
      'Cannot use --lora-weight 2 for the LoRA "ink:1": it has a weight beside its name',
    ],
    [
      ["--lora", "ink", "--lora-weight", "11"],
      'Cannot use --lora-weight "11": expected a weight from -10 to 10, such as 0.8',
    ],
  ];
  for (const [args, message] of rows) {
    const { code, err } = await dryRun(stage, ...args);
    assertEquals({ code, err }, { code: 2, err: `Error: ${message}\n` });
  }
});
