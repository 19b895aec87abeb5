/** Every failure: the exit code, one line on stderr, and with JSON the same in one document. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { SimulatorOptions } from "../../src/simulator/simulator.ts";
import { MODEL, openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { readFailure } from "../support/status_json.ts";

/** A command line that fails before it has a result. */
interface Row {
  readonly args: readonly string[];
  readonly exitCode: number;
  readonly code: string;
  /** What its one line contains. */
  readonly says: string;
}

const GENERATE = ["generate", "image", "--prompt", "a cat"];

function usage(args: readonly string[], says: string): Row {
  return { args, exitCode: 2, code: "usage", says };
}

const ROWS: readonly Row[] = [
  usage(["stauts"], 'Cannot run "stauts": there is no such command (did you mean status?)'),
  usage(["status", "--nonsense"], "--nonsense"),
  usage(["status", "--request-timeout", "soon"], 'Cannot use --request-timeout "soon"'),
  usage(["status", "--quiet", "--verbose"], "Cannot use --quiet and --verbose together"),
  usage(["status", "--api-url", "ftp://x"], 'Cannot use --api-url "ftp://x"'),
  usage(["generate", "image"], "Cannot generate without a prompt"),
  usage([...GENERATE, "--batch", "0"], 'Cannot use --batch "0"'),
  usage([...GENERATE, "--steps", "501"], 'Cannot use --steps "501"'),
  usage([...GENERATE, "--height", "64", "--length", "64"], "--height and --length"),
  usage(
    [...GENERATE, "--output-dir", "x"],
    "without --save-images (run: asset-generator generate image",
  ),
  usage([...GENERATE, "--lora", "inc"], "the server has no such LoRA (closest: ink.safetensors)"),
  usage([...GENERATE, "--sampler", "eulr"], 'Cannot use sampler "eulr": the server has no such'),
  {
    args: ["status", "--output", "missing/status.json"],
    exitCode: 1,
    code: "failed",
    says: 'Cannot write "missing/status.json": ',
  },
];

/** Runs a command line and checks how its failure is reported, as JSON and as text. */
async function failsAs(stage: Stage, { args, exitCode, code, says }: Row): Promise<void> {
  const [json, table] = await Promise.all([
    stage.run([...args, "--format", "json"]),
    stage.run(args),
  ]);
  const line = args.join(" ");
  for (const { code: found, err } of [json, table]) {
    assertEquals(found, exitCode, `${line}: ${err}`);
    assertMatch(err, /^Error: [^\n]+[^.\n]\n$/);
    assertStringIncludes(err, says);
  }
  assertEquals(table.out, "");
  const error = readFailure(json.out);
  assertEquals(error.code, code, line);
  assertEquals(json.err, `Error: ${error.message}\n`);
}

for (const row of ROWS) {
  Deno.test(`"${row.args.join(" ")}" fails with ${row.exitCode}, in one line`, async () => {
    await using stage = await openStage();
    await failsAs(stage, row);
    assertEquals(stage.asked("GenerateText2ImageWS") + stage.asked("GenerateText2Image"), 0);
    assertEquals(await stage.recordedIds(), []);
  });
}

/** A server that cannot generate, and the message about it. */
const SERVERS: readonly (readonly [string, SimulatorOptions, Row])[] = [
  [
    "has no such model",
    { models: [{ name: MODEL }, { name: "sdxl/base.safetensors" }] },
    usage([...GENERATE, "--model", "tinny"], `has no such model (closest: ${MODEL})`),
  ],
  [
    "has several models and none loaded",
    { backends: 1, models: [{ name: MODEL }, { name: "sdxl/base.safetensors" }] },
    usage(
      GENERATE,
      "Cannot choose a model: none of the 2 is loaded: sdxl/base.safetensors, tiny.safetensors " +
        "(run: asset-generator generate image",
    ),
  ],
  ["wants a login", { accounts: [{ name: "ada" }] }, {
    args: GENERATE,
    exitCode: 4,
    code: "refused",
    says: "--token",
  }],
  ["wants a header", { requiredAuthorization: "Bearer k3y" }, {
    args: GENERATE,
    exitCode: 4,
    code: "refused",
    says: "--api-key",
  }],
];

for (const [name, options, row] of SERVERS) {
  Deno.test(`generate image on a server that ${name} fails with ${row.exitCode}`, async () => {
    await using stage = await openStage(options);
    await failsAs(stage, row);
    assertEquals(await stage.recordedIds(), []);
  });
}

Deno.test("generate image on a server that is away fails with 5", async () => {
  await using stage = await openStage();
  await stage.server.stop();
  await failsAs(stage, {
    args: GENERATE,
    exitCode: 5,
    code: "unreachable",
    says: "(start SwarmUI, or give its address with --api-url)",
  });
});

Deno.test("a failure in YAML is one document too", async () => {
  await using stage = await openStage();
  const { code, out } = await stage.run(["generate", "image", "--format", "yaml"]);
  assertEquals(code, 2);
  assert(out.startsWith("error:\n  code: usage\n  message: "), out);
});
