import type { BackendStatus, SimulatedBackend } from "../../src/simulator/simulator.ts";
import { otherClient } from "../support/other_client.ts";
import { generateHere } from "../support/program_here.ts";
import { untilRecorded } from "../support/records.ts";
import {
  assertExits,
  assertRow,
  block,
  IDLE,
  lookAtOnce,
  lookFrom,
  NOTHING_RUNS,
  ONE_UNATTRIBUTED,
  UNKNOWN_JOBS,
} from "../support/row.ts";
import type { Row } from "../support/row.ts";
import { JumpingClock } from "../support/shifted_clock.ts";
import { MODEL, openStage } from "../support/stage.ts";
import { untilTwoImages } from "./two_images.ts";
import { NOT_KNOWN, UNSEEN_JOBS } from "./unseen.ts";

const NAME = "backend 1 (comfyui_selfstart)";
const REMOTE: SimulatedBackend = { type: "swarmswarmbackend", model: MODEL };
const REMOTE_UNSEEN = "what its own users do, and work on its other ComfyUIs " +
  "(ask it directly, with its own address as --api-url)";

/** A quiet server whose second backend may have work that nobody can see. */
function startingRow(status: BackendStatus, what = "jobs in its ComfyUI"): Row {
  return {
    verdict: "unknown",
    number: null,
    basis: "none",
    exits: [0, 4],
    text: [NOT_KNOWN, "", `Not visible: ${NAME} is ${status}: ${what}`],
  };
}

for (const status of ["loading", "waiting"] as const) {
  Deno.test(`status is unknown beside a backend that is ${status}`, async () => {
    await using stage = await openStage({ backends: [{}, { status }] });
    await assertRow(lookFrom(stage), startingRow(status));
    await assertExits(stage, [3, 4, 3, 4]);
  });
}

Deno.test("status follows a backend that comes and goes", async () => {
  await using stage = await openStage({ backends: 2 });
  const here = lookAtOnce(stage);
  await assertRow(here, IDLE);
  await assertExits(stage, [0, 0, 0, 0]);
  for (const status of ["disabled", "errored"] as const) {
    stage.server.setBackendStatus(1, status);
    await assertRow(here, startingRow(status, "jobs that its ComfyUI still has"));
  }
  stage.server.setBackendStatus(1, "idle");
  await assertRow(here, startingRow("idle"));
  for (const status of ["waiting", "loading"] as const) {
    stage.server.setBackendStatus(1, status);
    await assertRow(here, startingRow(status));
  }
  stage.server.setBackendStatus(1, "running");
  await assertRow(here, IDLE);
});

Deno.test("status sees an own run beside a loading backend, but not whether it is the only work", async () => {
  await using stage = await openStage({ backends: [{ model: MODEL }, { status: "loading" }] });
  await using _own = generateHere(["--batch", "2"], { stage });
  await untilTwoImages(stage);
  await assertRow(lookFrom(stage), {
    verdict: "busy",
    number: 1,
    basis: "at_least",
    images: { outstanding: 2, running: 1, queued: 1, loading_models: 0, untracked: 0 },
    comfyJobs: { remaining: 2, unattributed: 0 },
    active: ["generating, alive, working, directory user"],
    exits: [0, 8],
    text: [
      ...block(1, "generating"),
      "",
      `Not visible: ${NAME} is loading: jobs in its ComfyUI`,
    ],
  });
});

Deno.test("status says idle of a ComfyUI that is dead, and follows its return", async () => {
  await using stage = await openStage({
    backends: [{ type: "comfyui_api", model: MODEL }, { type: "comfyui_api", allowIdle: true }],
  });
  const client = await otherClient(stage.server.url);
  await client.sendToComfy();
  const here = lookFrom(stage);
  await assertRow(here, ONE_UNATTRIBUTED);
  stage.server.killComfy(0);
  const dead = "backend 0 (comfyui_api): its ComfyUI is dead, so it has no work";
  const idle: Row = { ...IDLE, basis: "at_least" };
  await assertRow(here, { ...idle, text: [NOTHING_RUNS, "", `Not visible: ${dead}`] });
  await assertExits(stage, [0, 0, 4, 0]);
  stage.server.killComfy(1);
  const both = `${dead}; ${dead.replace("backend 0", "backend 1")}`;
  await assertRow(here, { ...idle, text: [NOTHING_RUNS, "", `Not visible: ${both}`] });
  await stage.clock.advance(5_000);
  stage.server.setBackendStatus(1, "idle");
  const away = "backend 1 (comfyui_api) is idle: it is assumed to have no work";
  const settled = lookFrom(stage, { clock: new JumpingClock(stage.clock) });
  await assertRow(settled, { ...idle, text: [NOTHING_RUNS, "", `Not visible: ${dead}; ${away}`] });
  stage.server.reviveComfy(0);
  stage.server.reviveComfy(1);
  stage.server.setBackendStatus(1, "running");
  await assertRow(here, IDLE);
});

Deno.test("status says idle by the counters alone where no backend is a ComfyUI", async () => {
  await using stage = await openStage({ backends: [REMOTE] });
  const here = lookFrom(stage);
  const footer = [
    "",
    `Not visible: ${UNSEEN_JOBS}; backend 0 (swarmswarmbackend): ${REMOTE_UNSEEN}`,
  ];
  await assertRow(here, {
    ...IDLE,
    basis: "at_least",
    comfyJobs: UNKNOWN_JOBS,
    text: [NOTHING_RUNS, ...footer],
  });
  await using own = generateHere(["--batch", "2"], { stage });
  await stage.pass(() => stage.server.counters.live_gens === 2);
  await untilRecorded(stage, "generating");
  await assertRow(here, {
    verdict: "busy",
    number: 1,
    basis: "at_least",
    images: { outstanding: 2, running: 1, queued: 1, loading_models: 0, untracked: 0 },
    comfyJobs: { remaining: 2, unattributed: null },
    active: ["generating, alive, working, directory user"],
    exits: [0, 8],
    text: [...block(1, "generating"), ...footer],
  });
  await stage.finish();
  await own.ended;
});

Deno.test("status of a server with a remote one beside a ComfyUI attributes no job", async () => {
  await using stage = await openStage({ backends: [{ models: [] }, REMOTE] });
  const here = lookFrom(stage);
  const footer = ["", `Not visible: backend 1 (swarmswarmbackend): ${REMOTE_UNSEEN}`];
  const jobs = { remaining: 0, unattributed: null };
  await assertRow(here, {
    ...IDLE,
    basis: "at_least",
    comfyJobs: jobs,
    text: [NOTHING_RUNS, ...footer],
  });
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(2);
  await stage.pass(() => stage.server.counters.live_gens === 2);
  const busy: Row = {
    verdict: "busy",
    number: 1,
    basis: "at_least",
    images: { outstanding: 2, running: 2, queued: 0, loading_models: 0, untracked: 2 },
    comfyJobs: { remaining: 2, unattributed: null },
    exits: [0, 8],
    text: [
      "Untracked: 2 images on the server (2 running, 0 queued), started elsewhere",
      ...footer,
    ],
  };
  await assertRow(here, busy);
  // For all that anybody can see, a job in the ComfyUI could be one of the two images.
  await client.sendToComfy();
  await assertRow(here, { ...busy, comfyJobs: { remaining: 3, unattributed: null } });
  await stage.finish();
});

Deno.test("status of a server without any backend says idle, and on which basis", async () => {
  await using stage = await openStage({ backends: [] });
  await assertRow(lookFrom(stage), {
    ...IDLE,
    basis: "at_least",
    comfyJobs: UNKNOWN_JOBS,
    text: [NOTHING_RUNS, "", `Not visible: ${UNSEEN_JOBS}`],
  });
});

Deno.test("status sees work that waits for a backend when none is usable", async () => {
  await using stage = await openStage({
    backends: [{ status: "disabled" }, { status: "loading" }],
  });
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(1);
  await stage.pass(() => stage.server.counters.waiting_backends === 1);
  await assertRow(lookFrom(stage), {
    verdict: "busy",
    number: 1,
    basis: "at_least",
    images: { outstanding: 1, running: 0, queued: 1, loading_models: 0, untracked: 1 },
    comfyJobs: UNKNOWN_JOBS,
    exits: [0, 8],
    text: [
      "Untracked: 1 image on the server (0 running, 1 queued), started elsewhere",
      "",
      "Not visible: backend 0 (comfyui_selfstart) is disabled: jobs that its ComfyUI still has; " +
      `${NAME} is loading: jobs in its ComfyUI`,
    ],
  });
});
