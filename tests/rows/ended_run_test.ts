import { assertEquals } from "@std/assert";
import { SystemClock } from "../../src/system/system_clock.ts";
import { recordedIn, untilRecorded, userRecords } from "../support/records.ts";
import { assertRow, block, IDLE, lookFrom, lookFromProcess } from "../support/row.ts";
import type { Row } from "../support/row.ts";
import { openStage } from "../support/stage.ts";
import { waitFor } from "../support/wait_for.ts";

/** Windows has no way to send a signal that a process can listen for, or that stops it. */
const ignore = Deno.build.os === "windows";

const ORPHAN_NOTE = "orphaned: its process is gone, the server works on";
const ORPHANED: Row = {
  verdict: "busy",
  number: 1,
  basis: "exact",
  images: { outstanding: 2, running: 1, queued: 1, loading_models: 0, untracked: 0 },
  comfyJobs: { remaining: 2, unattributed: 0 },
  active: ["generating, gone, working, directory user, orphaned"],
  exits: [0, 8],
  text: block(1, "generating", ORPHAN_NOTE),
};

Deno.test("status sees a killed run until the server has finished it, and prunes it", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  await untilRecorded(stage, "generating");
  generating.process.kill("SIGKILL");
  await generating.end();
  const here = lookFrom(stage);
  const there = lookFrom(stage, { cwd: stage.elsewhere });
  await assertRow(here, ORPHANED);
  const active = ["generating, gone, working, user, orphaned"];
  await assertRow(there, { ...ORPHANED, active });

  await stage.finish();
  // Whoever notices prunes what is within reach: the state file of `here` is not.
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
    images: { outstanding: 0, running: 0, queued: 0, loading_models: 0, untracked: 0 },
    comfyJobs: { remaining: 0, unattributed: 0 },
    active: ["pending, alive, done, directory user"],
    text: block(1, "pending"),
  });
  generating.process.kill("SIGKILL");
  await generating.end();
  await assertRow(here, IDLE);
  assertEquals([await recordedIn(stage.here), await userRecords(stage)], [[], []]);
});

Deno.test({
  name: "status sees one Ctrl-C's rest in ComfyUI, then nothing",
  ignore,
  async fn() {
    await using stage = await openStage({ secondsPerStep: 30 });
    await using generating = stage.generate(["--batch", "2"]);
    await stage.untilWorking(2);
    await stage.pass(() => stage.server.comfyJobs(0) === 2);
    generating.process.kill("SIGINT");
    assertEquals((await generating.end()).code, 130);
    const here = lookFrom(stage);
    // The counters are zero and the record is gone, but the step that was begun goes on.
    await assertRow(here, {
      verdict: "busy",
      number: 1,
      basis: "at_least",
      comfyJobs: { remaining: 1, unattributed: 1 },
      exits: [0, 8],
      text: [
        "Unattributed: 1 ComfyUI job, sent straight to ComfyUI or the rest of an interrupted run",
      ],
    });
    assertEquals([await recordedIn(stage.here), await userRecords(stage)], [[], []]);
    await stage.finish();
    await assertRow(here, IDLE);
  },
});

Deno.test({
  name: "status sees the run that a second Ctrl-C left behind, until the server has finished it",
  ignore,
  async fn() {
    await using stage = await openStage();
    stage.server.fault({ route: "InterruptAll", kind: "hang" });
    await using generating = stage.generate(["--batch", "2", "--request-timeout", "10m"]);
    await stage.untilWorking(2);
    await stage.pass(() => stage.server.comfyJobs(0) === 2);
    await untilRecorded(stage, "generating");
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

/** The real time, shifted: whoever looks is so much later, or earlier, than the records. */
class ShiftedClock extends SystemClock {
  readonly #shiftMs: number;

  constructor(shiftMs: number) {
    super();
    this.#shiftMs = shiftMs;
  }

  override now(): number {
    return super.now() + this.#shiftMs;
  }
}

const MINUTE_MS = 60_000;

Deno.test({
  name: "status believes a stopped run while the server works, and no longer than a lease after",
  ignore,
  async fn() {
    await using stage = await openStage();
    await using generating = stage.generate(["--batch", "2"]);
    await stage.untilWorking(2);
    await stage.pass(() => stage.server.comfyJobs(0) === 2);
    await untilRecorded(stage, "generating");
    generating.process.kill("SIGSTOP");
    const alive: Row = {
      ...ORPHANED,
      active: ["generating, alive, working, directory user"],
      text: block(1, "generating"),
    };
    const later = lookFrom(stage, { clock: new ShiftedClock(MINUTE_MS) });
    await assertRow(later, alive);

    await stage.finish();
    const done: Row = {
      ...alive,
      images: { outstanding: 0, running: 0, queued: 0, loading_models: 0, untracked: 0 },
      comfyJobs: { remaining: 0, unattributed: 0 },
      active: ["generating, alive, done, directory user"],
    };
    await assertRow(lookFrom(stage), done);
    await assertRow(later, IDLE);
    // It lives: nobody takes its record away.
    assertEquals((await recordedIn(stage.here)).length, 1);
    assertEquals((await userRecords(stage)).length, 1);

    generating.process.kill("SIGCONT");
    assertEquals((await generating.end()).code, 0);
    await assertRow(lookFrom(stage), IDLE);
    assertEquals(await recordedIn(stage.here), []);
  },
});

Deno.test({
  name: "status of another machine takes a sleeping laptop for gone until its next heartbeat",
  ignore,
  async fn() {
    await using stage = await openStage();
    await using generating = stage.generate(["--batch", "2"]);
    await stage.untilWorking(2);
    await stage.pass(() => stage.server.comfyJobs(0) === 2);
    await untilRecorded(stage, "generating");
    // It shares the directory and the server; owner locks and sessions stay on the laptop.
    const elsewhere = {
      host: "other-machine",
      env: { ASSET_GENERATOR_STATE_DIR: `${stage.elsewhere}/state` },
    };
    const seen: Row = {
      ...ORPHANED,
      active: ["generating, alive, unseen, directory"],
      text: block(1, "generating"),
    };
    await assertRow(lookFrom(stage, elsewhere), seen);

    generating.process.kill("SIGSTOP");
    const later = { ...elsewhere, clock: new ShiftedClock(MINUTE_MS) };
    await assertRow(lookFrom(stage, later), {
      ...ORPHANED,
      basis: "at_least",
      images: { ...ORPHANED.images, untracked: 2 },
      active: [],
      uncertain: ["generating, gone, unseen, directory, orphaned, unverified"],
      text: [
        "Untracked: 2 images on the server (1 running, 1 queued), started elsewhere",
        "",
        "Uncertain Generations",
        "─".repeat(47),
        ...block(1, "generating", "uncertain: its process is gone, the server could not be asked"),
      ],
    });
    generating.process.kill("SIGCONT");
    await waitFor(async () => {
      await stage.clock.advance(50);
      const [record] = await userRecords(stage);
      return record?.["images_done"] === 1;
    }, { what: "the laptop to write again" });
    await assertRow(lookFrom(stage, elsewhere), {
      ...seen,
      images: { outstanding: 1, running: 1, queued: 0, loading_models: 0, untracked: 0 },
      comfyJobs: { remaining: 1, unattributed: 0 },
    });
    await stage.finish();
    assertEquals((await generating.end()).code, 0);
    await assertRow(lookFrom(stage, elsewhere), IDLE);
  },
});
