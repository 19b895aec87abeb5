/** What every request says beyond what the user asked for: its seed, and whose pictures they are. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { generateHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";
import { readGenerate } from "../../support/status_json.ts";

type Body = Readonly<Record<string, unknown>>;

/** Generates two images, and gives the result and the request that the server got. */
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

Deno.test("generate image tells the seeds over plain HTTP too, as the history has them", async () => {
  await using stage = await openStage();
  const { result } = await generate(stage, ["--seed", "7", "--no-websocket"]);
  assertEquals(result.images.map(({ seed }) => seed), ["7", "8"]);
});

Deno.test("generate image --no-tag leaves the pictures' metadata alone", async () => {
  await using stage = await openStage();
  const { body } = await generate(stage, ["--no-tag", "--seed", "7"]);
  assertEquals([body.seed, body.extra_metadata], ["7", undefined]);
});
