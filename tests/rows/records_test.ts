import { assertEquals, assertMatch } from "@std/assert";
import { otherClient } from "../support/other_client.ts";
import { recordedIn, userRecords } from "../support/records.ts";
import {
  assertRow,
  blockWithoutModel,
  IDLE,
  lookFrom,
  lookFromProcess,
  single,
} from "../support/row.ts";
import { ShiftedClock, StoppedClock } from "../support/shifted_clock.ts";
import { openStage } from "../support/stage.ts";
import { ORPHANED, TWO_IMAGES, UNCERTAIN_TO_STRANGER, untilTwoImages } from "./two_images.ts";
import { PLAIN } from "./unseen.ts";

const HOUR_MS = 3_600_000;
const GO_TOOL = new URL("../fixtures/state/go_tool.json", import.meta.url);

for (const shiftMs of [-HOUR_MS, HOUR_MS]) {
  const direction = shiftMs < 0 ? "back" : "forth";
  Deno.test(`status sees runs that live and runs that were killed with the clock an hour ${direction}`, async () => {
    await using stage = await openStage();
    await using generating = stage.generate(["--batch", "2"]);
    await untilTwoImages(stage);
    const shifted = lookFrom(stage, { clock: new ShiftedClock(shiftMs) });
    await assertRow(shifted, TWO_IMAGES);
    generating.process.kill("SIGKILL");
    await generating.end();
    await assertRow(shifted, ORPHANED);
    await stage.finish();
    await assertRow(shifted, IDLE);
    assertEquals(await recordedIn(stage.here), []);
    assertEquals(stage.asked("GetNewSession"), 2);
  });
}

Deno.test("status shows a record of the Go tool while the server works, and never removes it", async () => {
  await using stage = await openStage();
  const fixture = await Deno.readTextFile(GO_TOOL);
  await Deno.writeTextFile(stage.stateFile, fixture);
  const clock = new StoppedClock(Date.parse("2025-10-10T14:32:30Z"));
  const here = lookFrom(stage, { clock });
  await assertRow(here, IDLE);
  await using work = (await otherClient(stage.server.url)).generate(2);
  await stage.untilWorking(2);
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  const foreign = ["generating, unseen, unseen, directory, unverified"];
  const note = "not verified: recorded by another tool, and the server could not be asked";
  const goText = single(blockWithoutModel(1, "generating", note))
    .map((line) => line.replace(/ID$/, "session-abc123"));
  await assertRow(here, { ...TWO_IMAGES, active: foreign, text: goText });
  const text = (await here([])).out;
  assertMatch(text, /\n {4}Progress: {6}45\.0%\n {4}Duration: {6}2\.5m\n/);
  await stage.finish();
  await work[Symbol.asyncDispose]();
  await assertRow(here, IDLE);

  await stage.server.stop();
  const json = await here(["--exit-code", "--format", "json"]);
  assertEquals(json.code, 5);
  assertEquals(JSON.parse(json.out).generations_running, 1);
  assertEquals(await Deno.readTextFile(stage.stateFile), fixture);
});

Deno.test("status distinguishes an uncertain killed run from another machine's run that it may not ask about", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await untilTwoImages(stage);
  generating.process.kill("SIGKILL");
  await generating.end();
  // Somebody else who shares the directory: their owner locks and sessions cannot be seen.
  const stranger = {
    host: "other-machine",
    env: { ASSET_GENERATOR_STATE_DIR: `${stage.elsewhere}/state` },
  };
  await assertRow(
    lookFrom(stage, { ...stranger, clock: new ShiftedClock(31_000) }),
    UNCERTAIN_TO_STRANGER,
  );
  await stage.finish();
  await assertRow(lookFrom(stage, { ...stranger, clock: new ShiftedClock(31_000) }), IDLE);
  // The other user's pruning has left the user's own record, which that user prunes.
  assertEquals([(await recordedIn(stage.here)).length, (await userRecords(stage)).length], [0, 1]);
  await assertRow(lookFromProcess(stage), IDLE);
  assertEquals(await userRecords(stage), []);
});

Deno.test("status forgets the copy of a killed run whose private record was pruned", async () => {
  // A plain user may ask only about its own sessions, and the session is lost with the private
  // record.
  await using stage = await openStage({ role: "user" });
  await using generating = stage.generate(["--batch", "2"]);
  await untilTwoImages(stage);
  generating.process.kill("SIGKILL");
  await generating.end();
  await stage.finish();
  await assertRow(lookFrom(stage, { cwd: stage.elsewhere }), PLAIN);
  assertEquals([(await recordedIn(stage.here)).length, (await userRecords(stage)).length], [1, 0]);
  await assertRow(lookFrom(stage, { clock: new ShiftedClock(31_000) }), PLAIN);
  assertEquals(await recordedIn(stage.here), []);
});
