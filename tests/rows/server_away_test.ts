import { assertEquals } from "@std/assert";
import { trackHere } from "../support/program_here.ts";
import { recordedIn, untilRecorded, userRecords } from "../support/records.ts";
import {
  assertRow,
  blockWithoutModel,
  IDLE,
  lookFrom,
  lookFromProcess,
  ONE_UNATTRIBUTED,
  UNCERTAIN_HEADING,
  UNKNOWN_IMAGES,
  UNKNOWN_JOBS,
} from "../support/row.ts";
import type { Row } from "../support/row.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { UNCERTAIN } from "./two_images.ts";

/** All sources of the server, with the same reason. */
function silence(reason: string): readonly string[] {
  const sources = [
    "global_status",
    "comfy_queue",
    "backend_status",
    "models",
    "resources",
  ];
  return sources.map((source) => `${source}: ${reason}`);
}

const RECORDS_ONLY = "Server not reachable; records only";
const UNSEEN = ["", "Not visible: everything on the server"];
const AWAY: Row = {
  verdict: "unreachable",
  number: null,
  basis: "none",
  images: UNKNOWN_IMAGES,
  comfyJobs: UNKNOWN_JOBS,
  silent: silence("unreachable"),
  exits: [5, 5],
  error: "unreachable",
  text: [RECORDS_ONLY, ...UNSEEN],
};
/** A server that answers nothing, while an own run lives. */
const AWAY_WITH_RUN: Row = {
  ...AWAY,
  number: 1,
  basis: "at_least",
  active: ["generating, alive, unseen, directory user"],
  text: [...blockWithoutModel(1, "generating"), "", RECORDS_ONLY, ...UNSEEN],
};
/** Where nothing answers. */
const HURRY = ["--request-timeout", "100ms"];
/** All but one answer, and a busy machine must have the time for that. */
const PATIENCE = ["--request-timeout", "2s"];

function lookWith(options: readonly string[], stage: Stage): ReturnType<typeof lookFrom> {
  const look = lookFrom(stage);
  return (args) => look([...options, ...args]);
}

Deno.test("status of a server that is down shows the records", async () => {
  await using stage = await openStage();
  await stage.server.stop({ isKilled: true });
  const here = lookFrom(stage);
  await assertRow(here, AWAY);
  await assertRow(lookFromProcess(stage), AWAY);
  await using _run = await trackHere({ stage, images: 2 });
  await assertRow(here, AWAY_WITH_RUN);
  await assertRow(lookFrom(stage, { cwd: stage.elsewhere }), {
    ...AWAY_WITH_RUN,
    active: ["generating, alive, unseen, user"],
  });
});

Deno.test("status of a server that hangs is like that of one that is down, and comes in time", async () => {
  await using stage = await openStage();
  await assertRow(lookFrom(stage), IDLE);
  const here = lookWith(HURRY, stage);
  stage.server.fault({ route: "*", kind: "hang", times: Infinity });
  const hung: Row = { ...AWAY, silent: silence("timeout") };
  await assertRow(here, hung);
  await using _run = await trackHere({ stage, images: 2 });
  await assertRow(here, { ...AWAY_WITH_RUN, silent: silence("timeout") });
  stage.server.clearFaults();
});

Deno.test("status is unknown while only the counters hang, but says what is likely", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "GetGlobalStatus", kind: "hang", times: Infinity });
  await assertRow(lookWith(PATIENCE, stage), {
    verdict: "unknown",
    likely: "idle",
    number: null,
    basis: "none",
    images: UNKNOWN_IMAGES,
    comfyJobs: { remaining: 0, unattributed: null },
    silent: ["global_status: timeout"],
    exits: [0, 4],
    text: [
      "Not known whether a generation is running",
      "",
      "Not visible: work of other users and clients that has not reached ComfyUI",
    ],
  });
});

Deno.test("status is unknown while a ComfyUI hangs", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "ComfyBackendDirect", kind: "hang", times: Infinity });
  await assertRow(lookWith(PATIENCE, stage), {
    verdict: "unknown",
    number: null,
    basis: "none",
    comfyJobs: UNKNOWN_JOBS,
    silent: ["comfy_queue: timeout"],
    exits: [0, 4],
    text: [
      "Not known whether a generation is running",
      "",
      "Not visible: backend 0 (comfyui_selfstart): jobs in its ComfyUI, which did not answer (timeout)",
    ],
  });
});

Deno.test("status forgets an own run that a restart of the server has ended", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  await untilRecorded(stage, "generating");
  await stage.server.restart({ isKilled: true });
  assertEquals((await generating.end()).code, 5);
  await assertRow(lookFrom(stage), IDLE);
  assertEquals([await recordedIn(stage.here), await userRecords(stage)], [[], []]);
});

Deno.test("status forgets a killed run that a restart has ended, its session kept or lost", async () => {
  for (const isLost of [false, true]) {
    await using stage = await openStage();
    await using generating = stage.generate(["--batch", "2"]);
    await stage.untilWorking(2);
    await untilRecorded(stage, "generating");
    const here = lookFrom(stage);
    assertEquals((await here(["--exit-code"])).code, 8);
    generating.process.kill("SIGKILL");
    await generating.end();
    await stage.server.stop({ isKilled: true });
    await assertRow(here, {
      ...AWAY,
      uncertain: ["generating, gone, unseen, directory user, unverified"],
      silent: silence("unreachable"),
      text: [RECORDS_ONLY, ...UNCERTAIN_HEADING, ...UNCERTAIN, ...UNSEEN],
    });
    if (isLost) stage.server.forgetSessions();
    await stage.server.start();
    stage.server.clearRequests();
    await assertRow(here, IDLE);
    assertEquals(stage.asked("GetNewSession"), isLost ? 1 : 0);
    assertEquals([await recordedIn(stage.here), await userRecords(stage)], [[], []]);
  }
});

Deno.test("status of a plain user drops a killed run whose session the server has lost", async () => {
  await using stage = await openStage({ role: "user" });
  await using generating = stage.generate();
  await stage.untilWorking(1);
  await untilRecorded(stage, "generating");
  generating.process.kill("SIGKILL");
  await generating.end();
  await stage.server.restart({ isKilled: true });
  stage.server.forgetSessions();
  const status = await lookFrom(stage)(["--exit-code"]);
  assertEquals(status.code, 4);
  assertEquals([await recordedIn(stage.here), await userRecords(stage)], [[], []]);
});

Deno.test("status sees the work of a ComfyUI that has outlived its SwarmUI", async () => {
  await using stage = await openStage({ backends: [{ type: "comfyui_api" }] });
  await using generating = stage.generate(["--model", "tiny"]);
  await stage.untilWorking(1);
  await stage.server.restart({ isKilled: true, comfySurvives: true });
  assertEquals((await generating.end()).code, 5);
  await assertRow(lookFrom(stage), ONE_UNATTRIBUTED);
  await stage.finish();
  await assertRow(lookFrom(stage), IDLE);
});
