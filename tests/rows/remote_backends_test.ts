/** Backends that are other SwarmUI servers (`swarmui-protocol.md §20.4`). */
import type { SimulatedBackend } from "../../src/simulator/simulator.ts";
import { otherClient } from "../support/other_client.ts";
import type { Row } from "../support/row.ts";
import {
  assertExits,
  assertRow,
  IDLE,
  lookFrom,
  NOTHING_RUNS,
  UNKNOWN_JOBS,
} from "../support/row.ts";
import type { Stage } from "../support/stage.ts";
import { MODEL, openStage } from "../support/stage.ts";
import { NOT_KNOWN, UNSEEN_JOBS } from "./unseen.ts";

/** A long step takes long to wind down. */
const STEP_SECONDS = 20;

function remote(gpus: number): SimulatedBackend {
  return {
    type: "swarmswarmbackend",
    model: MODEL,
    remote: Array.from({ length: gpus }, (_, index) => ({ title: `gpu ${index}`, model: MODEL })),
  };
}

function spot(id: number): string {
  return `backend ${id} (swarmswarmbackend): what its own users do, and work on its other ` +
    "ComfyUIs (ask it directly, with its own address as --api-url)";
}

const FOOTER = ["", `Not visible: ${UNSEEN_JOBS}; ${spot(0)}`];
const QUIET: Row = {
  ...IDLE,
  basis: "at_least",
  comfyJobs: UNKNOWN_JOBS,
  text: [NOTHING_RUNS, ...FOOTER],
};
const DOUBTFUL: Row = {
  ...QUIET,
  verdict: "unknown",
  number: null,
  basis: "none",
  exits: [0, 4],
  text: [NOT_KNOWN, ...FOOTER],
};
const WINDS_DOWN: Row = {
  ...QUIET,
  verdict: "busy",
  number: 1,
  exits: [0, 8],
  comfyJobs: { remaining: 1, unattributed: null },
  text: [
    "The server is working: 1 ComfyUI job started elsewhere, or the rest of an interrupted run",
    ...FOOTER,
  ],
};

/**
 * Starts images through the main server and interrupts them: the ComfyUIs of the remote server wind
 * down.
 */
async function interrupt(stage: Stage, images: number): Promise<void> {
  const client = await otherClient(stage.server.url);
  const work = client.generate(images);
  await stage.pass(() => stage.server.counters.live_gens === images);
  await client.call("InterruptAll");
  await stage.pass(() => stage.server.counters.waiting_gens === 0);
  await work[Symbol.asyncDispose]();
}

Deno.test("status sees what winds down in a remote SwarmUI's first ComfyUI", async () => {
  await using stage = await openStage({ backends: [remote(1)], secondsPerStep: STEP_SECONDS });
  const here = lookFrom(stage);
  await assertRow(here, QUIET);
  await assertExits(stage, [0, 0, 4, 0]);
  stage.server.addComfyJob(-1, 3_600_000);
  await assertRow(here, WINDS_DOWN);
  await assertExits(stage, [3, 8, 3, 0]);
});

Deno.test("status is unknown for a minute after a remote SwarmUI with two ComfyUIs was used", async () => {
  await using stage = await openStage({ backends: [remote(2)], secondsPerStep: 0.05 });
  const here = lookFrom(stage);
  await assertRow(here, QUIET);
  await interrupt(stage, 1);
  // The rest is in the second ComfyUI, whose queue cannot be seen from here.
  await stage.pass(() => stage.server.comfyJobs(-1) === 0);
  stage.server.addComfyJob(-2, 3_600_000);
  await assertRow(here, DOUBTFUL);
  await assertExits(stage, [3, 4, 3, 4]);
  await stage.clock.advance(61_000);
  await assertRow(here, QUIET);
  await assertExits(stage, [0, 0, 4, 0]);
});

Deno.test("status knows at once that a remote SwarmUI with one ComfyUI is at rest", async () => {
  await using stage = await openStage({ backends: [remote(1)] });
  await interrupt(stage, 1);
  await stage.pass(() => stage.server.comfyJobs(-1) === 0);
  await assertRow(lookFrom(stage), QUIET);
});

Deno.test("status counts work on a remote SwarmUI as everybody's, while it lasts there", async () => {
  await using stage = await openStage({ backends: [remote(2)], secondsPerStep: STEP_SECONDS });
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(2);
  await stage.pass(() => stage.server.counters.live_gens === 2);
  await assertRow(lookFrom(stage), {
    ...QUIET,
    verdict: "busy",
    number: 1,
    images: { outstanding: 2, running: 2, queued: 0, loading_models: 0, untracked: 2 },
    comfyJobs: { remaining: 1, unattributed: null },
    exits: [0, 8],
    text: [
      "Untracked: 2 images on the server (2 running, 0 queued), started elsewhere",
      ...FOOTER,
    ],
  });
  await client.call("InterruptAll");
});

Deno.test("status and wait reach idle on a master of three remotes with two GPUs each", async () => {
  await using stage = await openStage({ backends: [remote(2), remote(2), remote(2)] });
  await interrupt(stage, 3);
  await stage.clock.advance(10_000);
  const footer = ["", `Not visible: ${[UNSEEN_JOBS, spot(0), spot(1), spot(2)].join("; ")}`];
  await assertRow(lookFrom(stage), { ...DOUBTFUL, text: [NOT_KNOWN, ...footer] });
  await assertExits(stage, [3, 4, 3, 4]);
  await stage.clock.advance(61_000);
  await assertRow(lookFrom(stage), { ...QUIET, text: [NOTHING_RUNS, ...footer] });
  await assertExits(stage, [0, 0, 4, 0]);
});

Deno.test("status of a remote SwarmUI that is gone names it, and goes on", async () => {
  await using stage = await openStage({ backends: [remote(1)] });
  stage.server.stopRemote(0);
  await assertRow(lookFrom(stage), QUIET);
});
