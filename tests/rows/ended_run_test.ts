import { assertEquals } from "@std/assert";
import { recordedIn, userRecords } from "../support/records.ts";
import {
  assertRow,
  blockWithoutModel,
  IDLE,
  lookFrom,
  lookFromProcess,
  NO_IMAGES,
  NO_JOBS,
  ONE_UNATTRIBUTED,
  single,
} from "../support/row.ts";
import { openStage } from "../support/stage.ts";
import { ORPHANED, untilTwoImages } from "./two_images.ts";

/** Windows cannot send a signal that a process can listen for, or that stops it. */
const ignore = Deno.build.os === "windows";

Deno.test("status sees a killed run until the server has finished it, and prunes it", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await untilTwoImages(stage);
  generating.process.kill("SIGKILL");
  await generating.end();
  const here = lookFrom(stage);
  const there = lookFrom(stage, { cwd: stage.elsewhere });
  await assertRow(here, ORPHANED);
  const active = ["generating, gone, working, user, orphaned"];
  await assertRow(there, { ...ORPHANED, active });

  await stage.finish();
  // Whoever notices prunes what it can reach, which does not include the state file of `here`.
  await assertRow(there, IDLE);
  assertEquals([(await recordedIn(stage.here)).length, (await userRecords(stage)).length], [1, 0]);
  await assertRow(lookFromProcess(stage), IDLE);
  assertEquals(await recordedIn(stage.here), []);
});

Deno.test("status says idle of a run that was killed before it sent anything", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "ListModels", kind: "hang" });
  await using generating = stage.generate();
  await stage.untilAsked("ListModels");
  const here = lookFrom(stage);
  await assertRow(here, {
    ...ORPHANED,
    images: NO_IMAGES,
    comfyJobs: NO_JOBS,
    active: ["pending, alive, done, directory user"],
    text: single(blockWithoutModel(1, "pending")),
  });
  generating.process.kill("SIGKILL");
  await generating.end();
  await assertRow(here, IDLE);
  assertEquals([await recordedIn(stage.here), await userRecords(stage)], [[], []]);
});

Deno.test({
  name: "status sees one Ctrl-C's rest in ComfyUI, then nothing",
  ignore,
  async fn(): Promise<void> {
    await using stage = await openStage({ secondsPerStep: 30 });
    await using generating = stage.generate(["--batch", "2"]);
    await stage.untilWorking(2);
    await stage.pass(() => stage.server.comfyJobs(0) === 2);
    generating.process.kill("SIGINT");
    assertEquals((await generating.end()).code, 130);
    const here = lookFrom(stage);
    // The counters are zero and the record is gone, but the step that has begun continues.
    await assertRow(here, ONE_UNATTRIBUTED);
    assertEquals([await recordedIn(stage.here), await userRecords(stage)], [[], []]);
    await stage.finish();
    await assertRow(here, IDLE);
  },
});

Deno.test({
  name: "status sees the run that a second Ctrl-C left behind, until the server has finished it",
  ignore,
  async fn(): Promise<void> {
    await using stage = await openStage();
    stage.server.fault({ route: "InterruptAll", kind: "hang" });
    await using generating = stage.generate(["--batch", "2", "--request-timeout", "10m"]);
    await untilTwoImages(stage);
    generating.process.kill("SIGINT");
    await stage.untilAsked("InterruptAll");
    generating.process.kill("SIGINT");
    assertEquals((await generating.end()).code, 130);
    const here = lookFrom(stage);
    await assertRow(here, ORPHANED);
    await stage.finish();
    await assertRow(here, IDLE);
    assertEquals([await recordedIn(stage.here), await userRecords(stage)], [[], []]);
  },
});
