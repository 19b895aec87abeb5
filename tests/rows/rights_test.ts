import { otherClient } from "../support/other_client.ts";
import { generateHere } from "../support/program_here.ts";
import { untilRecorded } from "../support/records.ts";
import { assertRow, block, IDLE, lookFrom, lookFromProcess, UNKNOWN_JOBS } from "../support/row.ts";
import type { Row } from "../support/row.ts";
import { openStage } from "../support/stage.ts";
import { untilTwoImages } from "./two_images.ts";
import {
  DIRECT,
  LIST,
  NOT_KNOWN,
  PLAIN,
  POWER,
  REFUSED_TO_USER,
  SERVER_INFO,
  UNSEEN_JOBS,
  UNSEEN_REQUESTS,
} from "./unseen.ts";

Deno.test("status is unknown for a plain user without an own run", async () => {
  await using stage = await openStage({ role: "user" });
  await assertRow(lookFrom(stage), PLAIN);
  await assertRow(lookFromProcess(stage), PLAIN);
  // Somebody else's work changes nothing: it cannot be seen.
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(2);
  await stage.untilWorking(2);
  await assertRow(lookFrom(stage), PLAIN);
});

Deno.test("status sees a plain user's own run, in any state, by its own session", async () => {
  await using stage = await openStage({ role: "user" });
  const [, empty = "", notVisible = ""] = PLAIN.text;
  const busy: Row = {
    ...PLAIN,
    verdict: "busy",
    number: 1,
    basis: "at_least",
    silent: REFUSED_TO_USER,
    active: ["generating, alive, working, directory user"],
    exits: [0, 8],
    text: [...block(1, "generating"), empty, notVisible],
  };
  await using generating = stage.generate(["--batch", "2"]);
  await stage.untilWorking(2);
  await untilRecorded(stage, "generating");
  await assertRow(lookFrom(stage), busy);
  await assertRow(lookFrom(stage, { cwd: stage.elsewhere }), {
    ...busy,
    active: ["generating, alive, working, user"],
  });
  generating.process.kill("SIGKILL");
  await generating.end();
  const note = "orphaned: its process is gone, but the server is still working on it";
  await assertRow(lookFrom(stage), {
    ...busy,
    active: ["generating, gone, working, directory user, orphaned"],
    text: [...block(1, "generating", note), empty, notVisible],
  });
  await stage.finish();
  await assertRow(lookFrom(stage), PLAIN);
});

Deno.test("status of a power user sees ComfyUI's jobs, and says likely idle without any", async () => {
  await using stage = await openStage({ role: "poweruser" });
  const here = lookFrom(stage);
  await assertRow(here, POWER);
  const [, empty = "", notVisible = ""] = POWER.text;
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(2);
  await stage.untilWorking(2);
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  const busy: Row = {
    ...POWER,
    verdict: "busy",
    likely: null,
    number: 1,
    basis: "at_least",
    comfyJobs: { remaining: 2, unattributed: null },
    exits: [0, 8],
  };
  const works =
    "The server is working: 2 ComfyUI jobs started elsewhere, or the rest of an interrupted run";
  const text = [works, empty, notVisible];
  await assertRow(here, { ...busy, text });
  await stage.finish();

  await using _own = generateHere(["--batch", "2"], { stage });
  await untilTwoImages(stage);
  await assertRow(here, {
    ...busy,
    active: ["generating, alive, working, directory user"],
    text: [...block(1, "generating"), empty, notVisible],
  });
});

Deno.test("status estimates if only the list of backends may be seen", async () => {
  await using stage = await openStage({ backends: 2, permissions: ["view_backends_list"] });
  await assertRow(lookFrom(stage), {
    ...PLAIN,
    number: 2,
    basis: "backend_status",
    silent: [
      "global_status: not_permitted",
      "comfy_queue: not_permitted",
      "models: not_permitted",
      "resources: not_permitted",
    ],
    text: [
      "Estimated running: 2 (inferred from backend status)",
      "",
      "Note: Generation details unavailable - check backend status above",
      "      for more information about active processing.",
      "",
      `Not visible: ${UNSEEN_REQUESTS}; ${UNSEEN_JOBS} ` +
      `(to see more: ${SERVER_INFO}, ${DIRECT})`,
    ],
  });
});

Deno.test("status says idle by the counters alone if ComfyUI's queues may not be seen", async () => {
  await using stage = await openStage({
    permissions: ["read_server_info_panels", "fundamental_model_access"],
  });
  const idle: Row = {
    ...IDLE,
    basis: "at_least",
    comfyJobs: UNKNOWN_JOBS,
    silent: ["comfy_queue: not_permitted", "backend_status: not_permitted"],
    text: [...IDLE.text, "", `Not visible: ${UNSEEN_JOBS} (to see more: ${DIRECT}, ${LIST})`],
  };
  await assertRow(lookFrom(stage), idle);
  stage.server.setPermissions([
    "read_server_info_panels",
    "fundamental_model_access",
    "view_backends_list",
  ]);
  await assertRow(lookFrom(stage), {
    ...idle,
    silent: ["comfy_queue: not_permitted"],
    text: [...IDLE.text, "", `Not visible: ${UNSEEN_JOBS} (to see more: ${DIRECT})`],
  });
});

Deno.test("status does not say idle if only one backend's queue can be asked", async () => {
  await using stage = await openStage({
    backends: 2,
    permissions: ["read_server_info_panels", "fundamental_model_access", "comfy_direct_calls"],
  });
  const unknown: Row = {
    ...IDLE,
    verdict: "unknown",
    number: null,
    basis: "none",
    comfyJobs: UNKNOWN_JOBS,
    silent: ["backend_status: not_permitted"],
    exits: [0, 4],
    text: [NOT_KNOWN, "", `Not visible: ${UNSEEN_JOBS} (to see more: ${LIST})`],
  };
  await assertRow(lookFrom(stage), unknown);
  const client = await otherClient(stage.server.url);
  await client.sendToComfy();
  const [, ...footer] = unknown.text;
  await assertRow(lookFrom(stage), {
    ...unknown,
    verdict: "busy",
    number: 1,
    basis: "at_least",
    exits: [0, 8],
    text: [
      "The server is working: something started elsewhere, or the rest of an interrupted run",
      ...footer,
    ],
  });
});

for (const [form, redirectsErrors] of [["an error", false], ["a redirect", true]] as const) {
  Deno.test(`status of a server without GetGlobalStatus (${form}) never says idle`, async () => {
    await using stage = await openStage({ hasGlobalStatus: false, redirectsErrors });
    const here = lookFrom(stage);
    const text = [NOT_KNOWN, "", `Not visible: ${UNSEEN_REQUESTS}`];
    const silent = ["global_status: not_supported"];
    await assertRow(here, { ...POWER, silent, text });
    await using _own = generateHere(["--batch", "2"], { stage });
    await untilTwoImages(stage);
    await assertRow(here, {
      ...POWER,
      verdict: "busy",
      likely: null,
      number: 1,
      basis: "at_least",
      comfyJobs: { remaining: 2, unattributed: null },
      active: ["generating, alive, working, directory user"],
      silent,
      exits: [0, 8],
      text: [...block(1, "generating"), "", `Not visible: ${UNSEEN_REQUESTS}`],
    });
  });
}
