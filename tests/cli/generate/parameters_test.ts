/** `--param` and `--param-help` on a simulated server: what is sent, and what is never sent. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { loadSchema, readBy } from "../../support/json_schema.ts";
import { generateHere, runHere } from "../../support/program_here.ts";
import { CAT_REQUEST, openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

/** A picture of four pixels. */
const PNG = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==",
);

/** The one generation request that the server received, without the session. */
async function sent(stage: Stage, args: readonly string[]): Promise<unknown> {
  await using run = generateHere(args, { stage });
  await stage.untilWorking(1);
  await stage.finish();
  const { code, err } = await run.ended;
  assertEquals([code, err], [0, ""]);
  const frames = stage.server.requests.filter(({ method }) => method === "FRAME");
  const { session_id: _, ...body } = frames.at(-1)?.body ?? {};
  return body;
}

async function refused(stage: Stage, args: readonly string[]): Promise<string> {
  const { code, err } = await runHere(["generate", "image", "-p", "a cat", ...args], { stage });
  assertEquals(code, 2, err);
  assertEquals(stage.asked("GenerateText2ImageWS"), 0);
  return err;
}

Deno.test("--param sends what the server lists, in its own words", async () => {
  await using stage = await openStage({ loras: ["ink.safetensors"] });
  const picture = `${stage.here}/in.png`;
  await Deno.writeFile(picture, PNG);
  const params = [
    "Personal CFG=6.5",
    "CFG Scale=6.5",
    "images=1",
    "loras=ink",
    "loraweights=0.5",
    "noSeedIncrement=true",
    "image format=jpg",
    "refiner_model=tiny",
    `promptimages=["${picture}","${picture}"]`,
  ].slice(1);
  const data = `data:image/png;base64,${PNG.toBase64()}`;
  const body = Object(await sent(stage, params.flatMap((param) => ["--param", param])));
  const { prompt, model, images, cfgscale, loras, loraweights } = body;
  assertEquals({ prompt, model, images, cfgscale, loras, loraweights }, {
    prompt: "a cat",
    model: "tiny.safetensors",
    images: 1,
    cfgscale: 6.5,
    loras: ["ink"],
    loraweights: ["0.5"],
  });
  const { noseedincrement, imageformat, refinermodel, promptimages } = body;
  assertEquals({ noseedincrement, imageformat, refinermodel, promptimages }, {
    noseedincrement: "true",
    imageformat: "JPG",
    refinermodel: "tiny.safetensors",
    promptimages: [data, data],
  });
});

Deno.test("--param with another word for the size leaves the model's own out", async () => {
  await using stage = await openStage();
  const body = Object(await sent(stage, ["--param", "rawresolution=320x256"]));
  assertEquals([body.width, body.height, body.rawresolution], [undefined, undefined, "320x256"]);
});

Deno.test("images of one run are asked for, and all of them counted", async () => {
  await using stage = await openStage();
  const args = ["--batch", "2", "--param", "batchsize=2", "--seed", "5", "--no-websocket"];
  for (const way of [args, args.slice(0, -1)]) {
    await using run = generateHere(way, { stage });
    await stage.untilWorking(2);
    await stage.finish();
    const { code, out, err } = await run.ended;
    assertEquals([code, err], [0, ""]);
    const { images_total, images, extra_images } = JSON.parse(out);
    assertEquals([images_total, images.length, extra_images], [4, 4, []]);
  }
  const { method, body } = stage.server.requests.findLast(({ method }) => method === "FRAME") ?? {};
  assertEquals([method, body?.images, body?.batchsize], ["FRAME", 2, 2]);
});

Deno.test("a wrong --param is refused before anything is sent", async () => {
  await using stage = await openStage();
  const rows: readonly (readonly [readonly string[], string])[] = [
    [["--param", "stepz"], 'Cannot use --param "stepz": expected KEY=VALUE, such as cfgscale=6.5'],
    [["--param", "stepz=5"], "(closest: steps)"],
    [["--param", "constructor=5"], "no such parameter that this account may use"],
    [["--param", "steps=501"], 'Cannot use --param steps "501": expected a whole number from 0'],
    [
      ["--param", "maskblur=65"],
      "expected a whole number from 0 to 64 (see asset-generator generate image --param-help maskblur)",
    ],
    [["--param", "steps=5", "--steps", "5"], "--steps and --param steps together"],
    [["--param", "loras=a,b", "--param", "loraweights=1"], "1 weight for 2 LoRAs"],
    [
      ["--param", "width=100", "--param", "rawresolution=64x64"],
      "--width and --param rawresolution",
    ],
  ];
  for (const [args, said] of rows) assertStringIncludes(await refused(stage, args), said);
});

Deno.test("a parameter that the account may not use counts as unknown", async () => {
  await using stage = await openStage({
    permissions: ["fundamental_generate_tab_access", "fundamental_model_access"],
  });
  assertStringIncludes(await refused(stage, ["--param", "vae=soft"]), "that this account may use");
});

Deno.test("--dry-run prints what would be sent, and makes nothing", async () => {
  await using stage = await openStage();
  const picture = `${stage.here}/in.png`;
  await Deno.writeFile(picture, PNG);
  const args = ["--seed", "7", "--param", `initimage=${picture}`, "--param", "clipstopatlayer=-2"];
  const dry = await runHere(
    ["generate", "image", "-p", "a cat", ...args, "--no-tag", "--dry-run"],
    { stage },
  );
  assertEquals([dry.code, dry.err], [0, ""]);
  const shown = {
    ...CAT_REQUEST,
    initimage: `data:image/png;base64,… (${PNG.length} B)`,
    clipstopatlayer: "-2",
  };
  assertEquals(dry.out, `${JSON.stringify(shown, null, 2)}\n`);
  const format = ["--dry-run", "--format", "json"];
  const json = await runHere(["generate", "image", "-p", "a cat", ...args, ...format], { stage });
  const document = Object(readBy(await loadSchema("request.v1.json"), json.out));
  assertEquals(document.request.initimage, `data:image/png;base64,${PNG.toBase64()}`);
  assertEquals(stage.asked("GenerateText2ImageWS") + stage.asked("GenerateText2Image"), 0);
  assertEquals(await stage.recordedIds(), []);
  const { extra_metadata: tag, ...request } = document.request;
  assertMatch(tag.asset_generator_id, /^gen-[0-9a-z]{8}$/);
  const { extra_metadata: _, ...body } = Object(await sent(stage, args));
  assertEquals(request, body);
});

Deno.test("--dry-run refuses what the generation would refuse", async () => {
  await using stage = await openStage();
  assertStringIncludes(await refused(stage, ["--dry-run", "--sampler", "eulr"]), "closest: euler");
  assertStringIncludes(
    await refused(stage, ["--dry-run", "--filename-template", "x"]),
    "--filename-template x --save-images)",
  );
  const template = ["--save-images", "--filename-template", "{param.step}-{param.seed}"];
  assertStringIncludes(
    await refused(stage, template),
    'the server has no parameter "step" that this account may use (closest: steps',
  );
});

Deno.test("--param-help lists, finds and explains the server's parameters", async () => {
  await using stage = await openStage();
  const help = (...key: readonly string[]) =>
    runHere(["generate", "image", "--param-help", ...key], { stage });
  const all = await help();
  assertEquals([all.code, all.err], [0, ""]);
  assertStringIncludes(
    all.out,
    "  Core Parameters:\n    images: whole number from 1 to 10000, default 1\n",
  );
  assertStringIncludes(all.out, "    seed: whole number from -1 to 2^63-1, default -1\n");
  const one = await help("CFG Scale");
  assertStringIncludes(one.out, "Value:         number from 0 to 100\n  Default:       7\n");
  const some = await help("refiner", "--quiet");
  assertEquals(some.out, "refinermodel\nrefinercontrolpercentage\n");
  const none = await help("zzz");
  assertEquals([none.code, none.out], [2, ""]);
  const json = await help("--format", "json");
  const document = Object(readBy(await loadSchema("parameters.v1.json"), json.out));
  assert(document.parameters.length > 30);
  assertEquals(stage.asked("GenerateText2ImageWS"), 0);
});
