/** `inspect`: what pictures say about themselves, and the commands that make them again. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { loraArguments } from "../../../src/cli/inspect/lora_arguments.ts";
import type { CliResult } from "../../support/cli_process.ts";
import { loadSchema, readBy } from "../../support/json_schema.ts";
import { exif, joined, jpeg, png, textChunk, utf16, webp } from "../../support/picture_bytes.ts";
import { generateHere, runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

const RECORDED = "../../fixtures/wire/18-tag-ws.json";

/** The metadata of a picture that a real server made, exactly as in the file. */
async function recordedMetadata(): Promise<string> {
  const { steps } = JSON.parse(await Deno.readTextFile(new URL(RECORDED, import.meta.url)));
  return steps.find(({ body }: { readonly body?: { readonly image?: string } }) =>
    typeof body?.image === "string"
  ).body.metadata;
}

async function inspect(stage: Stage, args: readonly string[]): Promise<CliResult> {
  return await runHere(["inspect", ...args], { stage });
}

async function documentOf(stage: Stage, path: string): Promise<Readonly<Record<string, unknown>>> {
  const { code, out, err } = await inspect(stage, [path, "--format", "json"]);
  assertEquals([code, err], [0, ""]);
  return Object(readBy(await loadSchema("inspect.v1.json"), out)).files[0];
}

async function write(stage: Stage, name: string, bytes: Uint8Array): Promise<string> {
  const path = `${stage.here}/${name}`;
  await Deno.writeFile(path, bytes);
  return path;
}

Deno.test("inspect reads what a real server wrote, from PNG, JPEG and WebP", async () => {
  await using stage = await openStage();
  const text = await recordedMetadata();
  const comment = joined("UNICODE\0", utf16(text, "le"));
  const files = [
    await write(stage, "a.png", png(await textChunk("tEXt", "parameters", text))),
    await write(stage, "a.jpg", jpeg(exif({ comment }))),
    await write(stage, "a.webp", webp(exif({ comment }))),
  ];
  const { sui_image_params: params, sui_extra_data: extra } = JSON.parse(text);
  for (const file of files) {
    const told = await documentOf(stage, file);
    assertEquals([told.program, told.width, told.height], ["SwarmUI", 64, 32]);
    assertEquals([told.prompt, told.model, told.seed, told.generation_id], [
      params.prompt,
      params.model,
      `${params.seed}`,
      extra.asset_generator_id,
    ]);
    assertEquals(Object(told.metadata).sui_extra_data, extra);
  }
});

Deno.test("inspect shows all of it to people", async () => {
  await using stage = await openStage();
  const metadata = {
    sui_image_params: {
      prompt: "a red cat",
      negativeprompt: "a dog",
      model: "sdxl/base",
      seed: 42,
      steps: 20,
      width: 64,
      height: 32,
      loras: ["ink", "style/detail"],
      loraweights: ["0.5", "1"],
      clipstopatlayer: -2,
      swarm_version: "0.9.8.2",
    },
    sui_extra_data: {
      date: "2026-08-21",
      original_prompt: "a <random:red> cat\x1b[31m",
      asset_generator_id: "gen-7f3k9x2q",
    },
    sui_models: [{ name: "sdxl/base.safetensors", param: "model" }],
  };
  const chunk = await textChunk("tEXt", "parameters", JSON.stringify(metadata));
  const path = await write(stage, "a.png", png(chunk));
  const { code, out, err } = await inspect(stage, [path]);
  assertEquals([code, err], [0, ""]);
  assertEquals(
    out,
    `${path}
───────────────────────────────────────────────
  Format:        PNG, 64x32, ${png(chunk).length} B
  Made by:       SwarmUI
  Version:       0.9.8.2
  Prompt:        a red cat
  As typed:      a <random:red> cat\\u{1B}[31m
  Negative:      a dog
  Model:         sdxl/base
  Seed:          42
  LoRAs:         ink:0.5, style/detail:1
  Generation:    gen-7f3k9x2q
  Parameters:
    steps: 20
    clipstopatlayer: -2
  Besides:
    date: 2026-08-21
    sui_models: [{"name":"sdxl/base.safetensors","param":"model"}]
`,
  );
});

Deno.test("inspect recognises A1111 and ComfyUI, and shows what they wrote as it is", async () => {
  await using stage = await openStage();
  const a1111 = "a cat\nNegative prompt: a dog\nSteps: 20, Sampler: Euler a, Seed: 5, Size: 64x32";
  const graph = '{"3":{"class_type":"KSampler","inputs":{"seed":5}}}';
  const drawn = '{"nodes":[],"links":[]}';
  const rows: readonly (readonly [string, Uint8Array, string | null, unknown])[] = [
    ["a.png", png(await textChunk("tEXt", "parameters", a1111)), "A1111", { parameters: a1111 }],
    [
      "a.jpg",
      jpeg(exif({ comment: joined("UNICODE\0", utf16(a1111, "be")) })),
      "A1111",
      { parameters: a1111 },
    ],
    [
      "c.png",
      png(await textChunk("tEXt", "prompt", graph), await textChunk("tEXt", "workflow", drawn)),
      "ComfyUI",
      { prompt: JSON.parse(graph), workflow: JSON.parse(drawn) },
    ],
    [
      "c.webp",
      webp(exif({ tags: { 0x010f: `workflow:${drawn}`, 0x0110: `prompt:${graph}` } })),
      "ComfyUI",
      { prompt: JSON.parse(graph), workflow: JSON.parse(drawn) },
    ],
    ["t.png", png(await textChunk("tEXt", "Comment", "by hand")), null, null],
    ["n.png", png(), null, null],
  ];
  for (const [name, bytes, program, metadata] of rows) {
    const path = await write(stage, name, bytes);
    const told = await documentOf(stage, path);
    assertEquals([told.program, told.metadata, told.prompt, told.command], [
      program,
      metadata,
      null,
      null,
    ]);
    const text = (await inspect(stage, [path])).out;
    assertStringIncludes(
      text,
      `  Made by:       ${program ?? "not known (the file names no program that this tool knows)"}`,
    );
    const again = await inspect(stage, ["--as-command", path]);
    assertEquals([again.code, again.out], [1, ""]);
  }
  assertStringIncludes(
    (await inspect(stage, [`${stage.here}/a.png`])).out,
    "    Steps: 20, Sampler",
  );
  assertStringIncludes((await inspect(stage, [`${stage.here}/t.png`])).out, "    by hand\n");
});

Deno.test("inspect reports each file that it cannot read, and still reads the others", async () => {
  await using stage = await openStage();
  const good = await write(stage, "good.png", png());
  const text = await write(
    stage,
    "text.png",
    new TextEncoder().encode("no picture at all, but text"),
  );
  const { code, out, err } = await inspect(stage, [good, text, stage.here, `${stage.here}/none`]);
  assertEquals(code, 1);
  assert(out.startsWith(`${good}\n`));
  assertEquals(
    err,
    `Error: Cannot inspect "${text}": it is not a picture
Error: Cannot inspect "${stage.here}": it is a directory
Error: Cannot inspect "${stage.here}/none": no such file or directory
Error: Cannot inspect 3 of 4 files (the reasons are above)
`,
  );
  const json = await inspect(stage, [good, text, "--format", "json"]);
  const document = Object(readBy(await loadSchema("inspect.v1.json"), json.out));
  assertEquals(document.error, {
    code: "failed",
    message: "Cannot inspect 1 of 2 files (the reasons are above)",
  });
  assertEquals(document.files[1].error.message, `Cannot inspect "${text}": it is not a picture`);
  const quiet = await inspect(stage, [good, text, "--quiet"]);
  assertEquals(quiet.out, `${good}\n`);
  const cut = await write(stage, "cut.png", png().subarray(0, 40));
  const warned = await inspect(stage, [cut]);
  assertEquals([warned.code, warned.err], [
    0,
    `Warning: The file "${cut}" breaks off before the picture's end\n`,
  ]);
  const none = await inspect(stage, []);
  assertEquals([none.code, none.err], [
    2,
    "Error: The argument FILE... is missing (see asset-generator inspect --help)\n",
  ]);
});

Deno.test("inspect says which limit a file's metadata reached", async () => {
  await using stage = await openStage();
  const deep = "[".repeat(200) + "]".repeat(200);
  const rows: readonly (readonly [string, string, string])[] = [
    ["parameters", `{"a":"${"x".repeat(2 * 1024 * 1024)}"}`, "has more than 2 MiB and is left out"],
    [
      "workflow",
      `{"a":"${"x".repeat(8 * 1024 * 1024)}"}`,
      "has a workflow of more than 8 MiB, which is left out",
    ],
    [
      "prompt",
      `{"a":${deep}}`,
      "is nested more than 100 levels deep: what is deeper is left out",
    ],
  ];
  for (const [name, text, limit] of rows) {
    const path = await write(stage, "a.png", png(await textChunk("tEXt", name, text)));
    const { code, err } = await inspect(stage, [path]);
    assertEquals([code, err], [0, `Warning: The metadata of "${path}" ${limit}\n`]);
  }
  const many = Array.from({ length: 1_001 }, (_, at) => textChunk("tEXt", `t${at}`, "x"));
  const path = await write(stage, "a.png", png(...await Promise.all(many)));
  const { code, err } = await inspect(stage, [path]);
  assertEquals([code, err], [
    0,
    `Warning: The file "${path}" has more than 1000 texts: the rest is left out\n`,
  ]);
});

Deno.test("inspect needs nothing but to read, and says so", async () => {
  await using stage = await openStage();
  await write(stage, "a.png", png());
  const allowed = await stage.run(["inspect", "a.png"], { permissions: ["--allow-read=a.png"] });
  assertEquals([allowed.code, allowed.err], [0, ""]);
  const { code, err } = await stage.run(["inspect", "a.png"], { permissions: [] });
  assertEquals([code, err], [
    4,
    'Error: Cannot inspect "a.png": Deno does not allow it (add --allow-read=a.png)\n',
  ]);
});

Deno.test("inspect --as-command lets no metadata say other options", async () => {
  await using stage = await openStage();
  const metadata = {
    sui_image_params: {
      prompt: "--output=/tmp/x",
      model: "--save-images",
      sampler: "$(touch x)",
      loras: ["--force"],
      "--output": "/tmp/x",
      "-o": "/tmp/x",
      "a\nb": "c",
      __proto__: { x: 1 },
      constructor: "x",
    },
  };
  const chunk = await textChunk("tEXt", "parameters", JSON.stringify(metadata));
  const path = await write(stage, "a.png", png(chunk));
  assertEquals(
    (await inspect(stage, ["--as-command", path])).out,
    "asset-generator generate image --prompt=--output=/tmp/x --model=--save-images --width 512 " +
      "--height 512 --sampler '$(touch x)' --lora=--force:1 --param server:--output=/tmp/x " +
      "--param server:-o=/tmp/x --param 'server:a\nb=c' --param server:constructor=x\n",
  );
});

Deno.test("inspect --as-command sends no file of this machine that a picture names", async () => {
  await using stage = await openStage();
  const secret = await write(stage, "secret.png", png());
  const list = JSON.stringify([secret]);
  const rows: readonly (readonly [id: string, value: unknown, written: string])[] = [
    ["initimage", secret, `--init-image server:${secret}`],
    ["promptimages", secret, `--param server:promptimages=${secret}`],
    ["promptimages", [secret], `--param 'server:promptimages=${list}'`],
    ["Prompt Images", secret, `--param 'server:Prompt Images=${secret}'`],
    [`promptimages=[,${secret},`, 5, `--param 'server:promptimages=[,${secret},=5'`],
  ];
  for (const [id, value, written] of rows) {
    const metadata = { sui_image_params: { prompt: "a cat", model: "tiny", [id]: value } };
    const chunk = await textChunk("tEXt", "parameters", JSON.stringify(metadata));
    const path = await write(stage, "a.png", png(chunk));
    const { out } = await inspect(stage, ["--as-command", path]);
    assertStringIncludes(out, ` ${written}\n`);
    const args = written.slice(written.indexOf(" ") + 1).replaceAll("'", "");
    const option = written.slice(0, written.indexOf(" "));
    const ended = await runHere(
      ["generate", "image", "-p", "a cat", "--model", "tiny", option, args],
      { stage },
    );
    assertEquals(ended.code, 2, written);
    assertStringIncludes(ended.err, "the server takes pictures below raw/, inputs/");
    assertEquals(stage.asked("GenerateText2ImageWS"), 0);
  }
});

/**
 * What the metadata contains after a request with pictures, and what must be added to the command.
 */
const SENT: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
  [{ initimagecreativity: 0.4 }, "--init-image and --mask"],
  [{ initimagecreativity: 0.4, maskshrinkgrow: 8 }, "--init-image and --mask"],
  [{ initimage: "raw/a.png", maskgrow: 4 }, "--mask"],
  [{ controlnettwomodel: "canny" }, "--param controlnettwoimageinput"],
];

for (const [parameters, missing] of SENT) {
  const ids = Object.keys(parameters).join(" and ");
  Deno.test(`inspect --as-command beside ${ids} names ${missing} as missing`, async () => {
    await using stage = await openStage();
    const metadata = { sui_image_params: { prompt: "a cat", ...parameters } };
    const chunk = await textChunk("tEXt", "parameters", JSON.stringify(metadata));
    const path = await write(stage, "a.png", png(chunk));
    const { code, err } = await inspect(stage, ["--as-command", path]);
    assertEquals([code, err], [
      0,
      "Warning: Pictures that were sent from files are not in the metadata: add " +
      `${missing} if there were any ("${path}")\n`,
    ]);
  });
}

/**
 * What an older server, which does not say which LoRAs the prompt named, writes for them, and those
 * of the request.
 */
const OF_OLDER: readonly (readonly [
  prompt: string,
  loras: readonly string[],
  weights: readonly string[],
  again: string,
])[] = [
  ["<lora:ink:0.5> a", ["ink", "ink"], ["1", "0.5"], "--lora ink:1"],
  ["<lora:ink:0.5> a", ["ink", "ink"], ["0.5", "0.5"], "--lora ink:0.5"],
  ["<lora:INK> a", ["style/ink"], ["1"], ""],
  [
    "<lora:ink.safetensors:.5> <LORA:detail> a",
    ["detail", "ink", "detail"],
    ["1", "0.5", "1"],
    "--lora detail:1",
  ],
  ["<lora:ink:<random:0.3,0.4>> a", ["ink", "ink"], ["1", "0.3"], "--lora ink:1"],
  ["<random:<lora:a>,<lora:b>>", ["c", "b"], ["1", "1"], "--lora c:1"],
  ["<lora:ink:0.5> a", ["ink"], ["1"], "--lora ink:1"],
];

Deno.test("inspect --as-command takes away one LoRA for each that the prompt names", () => {
  for (const [prompt, loras, loraweights, expected] of OF_OLDER) {
    const metadata = { sui_image_params: { prompt, loras, loraweights } };
    assertEquals(loraArguments(metadata, [prompt]).join(" "), expected, prompt);
  }
});

/** The options of requests that are made again. */
const AGAIN: readonly (readonly string[])[] = [
  ["-p", "a cat", "--seed", "7"],
  ["-p", 'a <random:red,blue> "cat\'s" $HOME `id` \\ %s', "--seed", "9007199254740993"],
  ["--prompt=-n", "--negative-prompt=--steps", "--steps", "9", "--cfg-scale", "6.5"],
  ["-p", "two\nlines \x1b[31m", "--width", "128", "--height", "64", "--sampler", "dpmpp_2m"],
  ["-p", "a <lora:ink:0.5> cat", "--lora", "style/detail:0.8", "--scheduler", "karras"],
  ["-p", "a <lora:ink:0.5> cat", "--lora", "ink:1"],
  ["-p", "a <lora:ink> <lora:ink:0.5> cat", "--lora", "style/detail:0.8", "--lora", "ink:0.5"],
  ["-p", "a <lora:ink:0.5> cat", "--lora", "ink:0.8", "--param", 'loratencweights=["0.3"]'],
  ["-p", "x".repeat(20_000), "--vae", "None"],
  ["-p", "a cat", "--param", "rawresolution=320x256", "--param", "clipstopatlayer=-2"],
  ["-p", "a cat", "--param", "sidelength=256", "--param", "aspectratio=16:9"],
  ["-p", "a cat", "--param", "noseedincrement=true", "--param", "refinermodel=tiny"],
  ["-p", "a cat", "--variation-strength", "0.25", "--variation-seed", "5"],
  ["-p", "a cat", "--lora", "ink:-0.00000012", "--cfg-scale", "0.0000005"],
];

Deno.test("inspect --as-command makes the same request again", async () => {
  await using stage = await openStage({ loras: ["ink.safetensors", "style/detail.safetensors"] });
  for (const options of AGAIN) {
    const first = await dryRun(stage, options);
    const path = `${stage.here}/a.png`;
    const place = ["--save-images", "--force", "--output-dir", stage.here];
    await using run = generateHere([...options, ...place, "--filename-template", "a.png"], {
      stage,
    });
    await stage.untilWorking(1);
    await stage.finish();
    assertEquals((await run.ended).code, 0);
    const { command } = await documentOf(stage, path);
    const printed = await inspect(stage, ["--as-command", path]);
    assertEquals([printed.code, printed.err, printed.out], [0, "", `${command}\n`]);
    assertEquals(await again(stage, String(command)), first, options.join(" "));
  }
});

const DRY = ["--dry-run", "--format", "json"];

async function dryRun(stage: Stage, options: readonly string[]): Promise<unknown> {
  const seed = options.includes("--seed") ? [] : ["--seed", "5"];
  const words = ["generate", "image", ...options, ...seed, "--no-tag", ...DRY];
  const { code, out, err } = await runHere(words, { stage });
  assertEquals([code, err], [0, ""]);
  return { ...JSON.parse(out).request, ...(seed.length > 0 ? { seed: null } : {}) };
}

/** The request of a command line, split as a shell does it. */
async function again(stage: Stage, command: string): Promise<unknown> {
  const show = 'show() { printf "%s\\0" "$@"; if [ "$4" = - ]; then cat; fi; }';
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `${show}\n${command.replace("asset-generator generate", "show generate")}`],
  }).output();
  const words = new TextDecoder().decode(stdout).split("\0");
  const input = words.pop() ?? "";
  const prompt = words.indexOf("-");
  const file = `${stage.here}/prompt.txt`;
  if (words[3] === "-" && prompt === 3) {
    await Deno.writeTextFile(file, input);
    words.splice(2, 2, "--prompt-file", file);
  }
  const { code, out, err } = await runHere([...words, "--no-tag", ...DRY], { stage });
  assertEquals([code, err], [0, ""], command);
  const { request } = JSON.parse(out);
  return AGAIN.some((one) => one.includes("--seed") && one.includes(request.seed))
    ? request
    : { ...request, seed: null };
}
