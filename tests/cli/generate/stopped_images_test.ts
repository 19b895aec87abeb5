/** What is told of a generation that is stopped after its first image: that image, and no other. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { generateHere, startHere } from "../../support/program_here.ts";
import { MODEL, openStage } from "../../support/stage.ts";
import { readGenerate } from "../../support/status_json.ts";

/** Over HTTP, the server's answer to a stopped request holds no image at all. */
const WAYS: readonly (readonly [how: "cancel" | "Ctrl-C", transport: readonly string[]])[] = [
  ["cancel", []],
  ["Ctrl-C", []],
  ["cancel", ["--no-websocket"]],
  ["Ctrl-C", ["--no-websocket"]],
];

for (const [how, transport] of WAYS) {
  Deno.test(`${how} leaves generate ${transport} the one image that was made`, async () => {
    await using stage = await openStage({ secondsPerStep: 0.5, backends: [{ model: MODEL }] });
    const options = { stage, clock: stage.clock };
    await using run = generateHere(["--batch", "4", "--progress", "json", ...transport], options);
    let isOver = false;
    const ended = run.ended.finally(() => isOver = true);
    await stage.pass(() => stage.server.counters.waiting_gens === 3);
    await using cancel = how === "cancel" ? startHere(["cancel"], options) : null;
    if (cancel === null) run.interrupt();
    await stage.pass(() => isOver);
    const { code, out, err } = await ended;
    const { images, images_done, status } = readGenerate(out);
    assertEquals([code, status, images_done, images.length], [130, "interrupted", 1, 1], err);
    const told = err.split("\n").filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line).images_done);
    assertEquals(told.filter((count) => count > 1), []);
  });
}

Deno.test("generate over HTTP that is left at once does not say that nothing was made", async () => {
  await using stage = await openStage({ secondsPerStep: 0.5, backends: [{ model: MODEL }] });
  await using run = generateHere(["--batch", "4", "--no-websocket"], {
    stage,
    clock: stage.clock,
  });
  let isOver = false;
  const ended = run.ended.finally(() => isOver = true);
  await stage.pass(() => stage.server.counters.waiting_gens === 3);
  run.interrupt();
  run.interrupt();
  await stage.pass(() => isOver);
  const { code, out, err } = await ended;
  assertEquals([code, readGenerate(out).images_done], [130, null]);
  assertStringIncludes(err, "0 of 4 images found");
});

Deno.test("generate that is stopped after its end says that its pictures are not saved", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "ListImages", kind: "hang", times: Infinity });
  const args = ["--no-websocket", "--save-images", "--output-dir", "out"];
  await using run = generateHere(args, { stage, clock: stage.clock });
  let isOver = false;
  const ended = run.ended.finally(() => isOver = true);
  await stage.pass(() => stage.asked("ListImages") > 0);
  run.interrupt();
  await stage.pass(() => isOver);
  const { code, out } = await ended;
  const { status, error, images } = readGenerate(out);
  assertEquals([code, status, error?.code], [130, "complete", "interrupted"]);
  assertEquals(images.map(({ local_path }) => local_path), [null]);
});
