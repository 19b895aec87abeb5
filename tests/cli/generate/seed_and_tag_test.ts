/**
 * What every request contains besides what the user asked for: a seed, and a tag with the
 * generation's ID.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { generateHere, runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";
import { readGenerate } from "../../support/status_json.ts";

type Body = Readonly<Record<string, unknown>>;

/** Generates two images; returns the result and the request that the server got. */
async function generate(
  stage: Stage,
  args: readonly string[],
): Promise<{ readonly result: ReturnType<typeof readGenerate>; readonly body: Body }> {
  const run = generateHere(["--batch", "2", ...args], { stage });
  await stage.untilWorking(2);
  await stage.finish();
  const { out } = await run.ended;
  const body = stage.server.requests.findLast(({ body }) => body?.images === 2)?.body ?? {};
  return { result: readGenerate(out), body };
}

for (const transport of [[], ["--no-websocket"]]) {
  Deno.test(`generate image ${transport} draws the seed itself, and tags the pictures with its ID`, async () => {
    await using stage = await openStage();
    const { result, body } = await generate(stage, transport);
    assertMatch(String(body.seed), /^\d{1,10}$/);
    assert(Number(body.seed) <= 2 ** 31 - 2);
    assertEquals(body.extra_metadata, { asset_generator_id: result.session_id });
  });
}

Deno.test("generate image counts up from the seed that it drew", async () => {
  await using stage = await openStage();
  const { result, body } = await generate(stage, ["--seed", "-1"]);
  const first = Number(body.seed);
  assertEquals(result.images.map(({ seed }) => seed), [`${first}`, `${first + 1}`]);
});

Deno.test("generate image reports the seeds over plain HTTP too, as the history has them", async () => {
  await using stage = await openStage();
  const { result } = await generate(stage, ["--seed", "7", "--no-websocket"]);
  assertEquals(result.images.map(({ seed }) => seed), ["7", "8"]);
});

Deno.test("generate image --no-tag leaves the pictures' metadata alone", async () => {
  await using stage = await openStage();
  const { body } = await generate(stage, ["--no-tag", "--seed", "7"]);
  assertEquals([body.seed, body.extra_metadata], ["7", undefined]);
});

/** Requests whose last image has the largest possible seed. */
const LAST_SEEDS: readonly (readonly string[])[] = [
  ["--seed", "9223372036854775807"],
  ["--seed", "9223372036854775805", "--batch", "3"],
  ["--param", "seed=9223372036854775804", "-b", "2", "--param", "batchsize=2"],
  ["--seed", "9223372036854775807", "-b", "9", "--param", "noseedincrement=true"],
];

for (const args of LAST_SEEDS) {
  const line = args.join(" ");
  Deno.test(`generate image ${line} is sent exactly, and the next seed is refused`, async () => {
    await using stage = await openStage();
    const dryRun = (more: readonly string[]): ReturnType<typeof runHere> =>
      runHere(["generate", "image", "-p", "a cat", ...more, "--dry-run", "--get", "request.seed"], {
        stage,
      });
    const seed = /\d{19}/.exec(line)?.[0] ?? "";
    assertEquals(await dryRun(args), { code: 0, out: `${seed}\n`, err: "" });
    const next = args.map((arg) => arg.replace(seed, `${BigInt(seed) + 1n}`));
    const { code, out } = await dryRun(next);
    assertEquals([code, out], [2, ""]);
  });
}

Deno.test("generate image names the largest seed for so many images", async () => {
  await using stage = await openStage();
  const words = ["generate", "image", "-p", "a cat", "--seed", "9223372036854775807", "-b", "2"];
  assertEquals(await runHere(words, { stage }), {
    code: 2,
    out: "",
    err:
      "Error: Cannot use --seed 9223372036854775807 for 2 images: seeds count up from the first " +
      "and end at 9223372036854775807 (give at most 9223372036854775806)\n",
  });
  assertEquals(stage.asked("GenerateText2ImageWS"), 0);
});

Deno.test("generate image reports seeds exactly that no double can hold", async () => {
  await using stage = await openStage();
  const { result } = await generate(stage, ["--seed", "9223372036854775806"]);
  assertEquals(result.images.map(({ seed }) => seed), [
    "9223372036854775806",
    "9223372036854775807",
  ]);
});

Deno.test("generate image reads no standard input where another --prompt follows the -", async () => {
  await using stage = await openStage();
  const words = ["generate", "image", "--prompt", "-", "-p", "a cat", "--dry-run"];
  const { code, out } = await runHere([...words, "--get", "request.prompt"], { stage });
  assertEquals([code, out], [0, "a cat\n"]);
});
