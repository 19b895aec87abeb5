/** `--quiet` and `--get` of each command, on a working server. */
import { assertEquals, assertMatch } from "@std/assert";
import { generateHere, runHere } from "../support/program_here.ts";
import { MODEL, openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";

/** Runs a command line on a stage. */
async function run(stage: Stage, line: string): Promise<readonly [number, string, string]> {
  const { code, out, err } = await runHere(line.split(" "), { stage });
  return [code, out, err];
}

Deno.test("status, wait and doctor print nothing with --quiet: the exit code answers", async () => {
  await using stage = await openStage();
  for (const line of ["status", "status --exit-code", "wait", "wait --once", "doctor", "cancel"]) {
    assertEquals(await run(stage, `${line} --quiet`), [0, "", ""], line);
  }
  await stage.server.stop();
  const [code, out, err] = await run(stage, "status -q");
  assertEquals([code, out], [5, ""]);
  assertMatch(err, /^Error: Cannot reach [^\n]+\n$/);
});

Deno.test("generate image --quiet prints where the pictures are, one a line", async () => {
  await using stage = await openStage();
  async function generate(line: string): Promise<string> {
    const running = runHere(`generate image -p cat --quiet --batch 2 ${line}`.split(" "), {
      stage,
    });
    await stage.untilWorking(2);
    await stage.finish();
    const { code, out, err } = await running;
    assertEquals([code, err], [0, ""]);
    return out;
  }
  const urls = (await generate("--progress none")).trimEnd().split("\n");
  assertEquals(urls.length, 2);
  for (const url of urls) assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+\/\S+\.png$/);
  const paths = await generate(
    `--save-images --output-dir ${stage.here} --filename-template {i}.{ext}`,
  );
  assertEquals(paths, `${stage.here}/000.png\n${stage.here}/001.png\n`);
  for (const path of paths.trimEnd().split("\n")) await Deno.stat(path);
});

Deno.test("cancel --quiet prints the IDs of what was stopped", async () => {
  await using stage = await openStage();
  await using generating = generateHere([], { stage });
  await stage.untilWorking(1);
  const [id] = await stage.recordedIds();
  const cancelling = run(stage, "cancel -q");
  await stage.finish();
  assertEquals(await cancelling, [0, `${id}\n`, ""]);
  assertEquals((await generating.ended).code, 130);
});

Deno.test("--get prints one value of every command's document", async () => {
  await using stage = await openStage();
  assertEquals(await run(stage, "status --get verdict"), [0, "idle\n", ""]);
  assertEquals(await run(stage, "--get backends[].model_loaded status"), [0, `${MODEL}\n`, ""]);
  assertEquals(await run(stage, "status --get images.outstanding -q"), [0, "0\n", ""]);
  assertEquals(await run(stage, "status --get active_generations[]"), [0, "", ""]);
  assertEquals(await run(stage, "status --get active_generations.0.progress"), [1, "\n", ""]);
  assertEquals(await run(stage, "status --get likely"), [1, "\n", ""]);
  assertEquals(await run(stage, "status --get verdit"), [
    1,
    "\n",
    'Error: Nothing found for --get: there is no "verdit" (closest: verdict)\n',
  ]);
  assertEquals(await run(stage, "wait --get wait.ended --format json"), [0, "idle\n", ""]);
  assertEquals(await run(stage, "cancel --get cancelled"), [0, "[]\n", ""]);
  await using _generating = generateHere([], { stage });
  await stage.untilWorking(1);
  // The exit code of the answer or the failure takes precedence.
  assertEquals(await run(stage, "status --exit-code --get verdict"), [8, "busy\n", ""]);
  assertEquals(await run(stage, "status --exit-code --get likely"), [8, "\n", ""]);
  assertEquals((await run(stage, "status --nonsense --get error.code")).slice(0, 2), [
    2,
    "usage\n",
  ]);
  await stage.finish();
});
