import { otherClient } from "../support/other_client.ts";
import { generateHere } from "../support/program_here.ts";
import { untilRecorded } from "../support/records.ts";
import {
  assertRow,
  block,
  IDLE,
  lookFrom,
  lookFromProcess,
  NO_JOBS,
  ONE_UNATTRIBUTED,
  singleBlock,
  UNATTRIBUTED,
} from "../support/row.ts";
import type { Row } from "../support/row.ts";
import { MODEL, openStage } from "../support/stage.ts";

/** Three images of somebody else; one backend is making the first. */
const THREE_UNTRACKED: Row = {
  verdict: "busy",
  number: 1,
  basis: "at_least",
  images: { outstanding: 3, running: 1, queued: 2, loading_models: 0, untracked: 3 },
  comfyJobs: { remaining: 2, unattributed: 0 },
  exits: [0, 8],
  text: ["Untracked: 3 images on the server (1 running, 2 queued), started elsewhere"],
};

Deno.test("status counts a web UI's images, also after its page was left", async () => {
  await using stage = await openStage();
  const client = await otherClient(stage.server.url);
  const work = client.generate(3);
  await stage.untilWorking(3);
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  await assertRow(lookFrom(stage), THREE_UNTRACKED);
  await work[Symbol.asyncDispose]();
  await assertRow(lookFromProcess(stage, stage.elsewhere), THREE_UNTRACKED);
  await stage.finish();
  await assertRow(lookFrom(stage), IDLE);
});

Deno.test("status distinguishes a web UI's images from an own run's", async () => {
  await using stage = await openStage();
  await using _own = generateHere(["--batch", "2"], { stage });
  await stage.untilWorking(2);
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(3);
  await stage.untilWorking(5);
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  await untilRecorded(stage, "generating");
  await assertRow(lookFrom(stage), {
    ...THREE_UNTRACKED,
    number: 2,
    images: { outstanding: 5, running: 1, queued: 4, loading_models: 0, untracked: 3 },
    active: ["generating, alive, working, directory user"],
    text: [
      ...block(1, "generating"),
      "Untracked: 3 images on the server (0 running, 3 queued), started elsewhere",
    ],
  });
});

Deno.test("status sees a job of the ComfyUI tab, alone and beside an own run", async () => {
  await using stage = await openStage();
  const client = await otherClient(stage.server.url);
  await client.sendToComfy();
  const here = lookFrom(stage);
  await assertRow(here, ONE_UNATTRIBUTED);
  await assertRow(lookFromProcess(stage), ONE_UNATTRIBUTED);

  await using _own = generateHere([], { stage });
  await stage.untilWorking(1);
  // Sent once more, so that it waits behind the run.
  await client.sendToComfy();
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  await untilRecorded(stage, "generating");
  await assertRow(here, {
    verdict: "busy",
    number: 2,
    basis: "at_least",
    images: { outstanding: 1, running: 1, queued: 0, loading_models: 0, untracked: 0 },
    comfyJobs: { remaining: 2, unattributed: 1 },
    active: ["generating, alive, working, directory user"],
    exits: [0, 8],
    text: [...singleBlock(1, "generating"), UNATTRIBUTED],
  });
});

Deno.test("status sees a model that somebody loads without an image", async () => {
  await using stage = await openStage({ backends: 1, loadSeconds: 1 });
  const client = await otherClient(stage.server.url);
  const selecting = client.call("SelectModel", { model: MODEL });
  await stage.pass(() => stage.server.counters.loading_models === 1);
  await assertRow(lookFrom(stage), {
    ...THREE_UNTRACKED,
    images: { outstanding: 0, running: 0, queued: 0, loading_models: 1, untracked: 0 },
    comfyJobs: { remaining: 1, unattributed: 0 },
    text: ["Untracked: 1 model load on the server, started elsewhere"],
  });
  await stage.finish();
  await selecting;
  await assertRow(lookFrom(stage), IDLE);
});

Deno.test("status sees a web UI's run through a model load and before its first image", async () => {
  await using stage = await openStage({ backends: 1, loadSeconds: 1, handoverMs: 1_000 });
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(1);
  await stage.pass(() => stage.server.counters.loading_models === 1);
  const images = { outstanding: 1, running: 0, queued: 1, loading_models: 1, untracked: 1 };
  const line = "Untracked: 1 image on the server (0 running, 1 queued), started elsewhere";
  await assertRow(lookFrom(stage), {
    ...THREE_UNTRACKED,
    images,
    comfyJobs: { remaining: 1, unattributed: 0 },
    text: [line, "Untracked: 1 model load on the server, started elsewhere"],
  });
  // Now ComfyUI has nothing to do, and no image has begun: only the counters show the work.
  await stage.pass(() => stage.server.comfyJobs(0) === 0);
  await assertRow(lookFrom(stage), {
    ...THREE_UNTRACKED,
    images: { ...images, loading_models: 0 },
    comfyJobs: NO_JOBS,
    text: [line],
  });
});

Deno.test("status sees a run that was just interrupted until ComfyUI has wound down", async () => {
  await using stage = await openStage({ secondsPerStep: 30 });
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(2);
  await stage.untilWorking(2);
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  await client.call("InterruptAll");
  await stage.pass(() => stage.server.counters.waiting_gens === 0);
  await assertRow(lookFrom(stage), ONE_UNATTRIBUTED);
  await stage.finish();
  await assertRow(lookFrom(stage), IDLE);
});

Deno.test("status sees a model load that goes on after its run was interrupted", async () => {
  await using stage = await openStage({ backends: 1, loadSeconds: 30 });
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(1);
  await stage.pass(() => stage.server.counters.loading_models === 1);
  await client.call("InterruptAll");
  await stage.pass(() => stage.server.counters.waiting_gens === 0);
  await assertRow(lookFrom(stage), ONE_UNATTRIBUTED);
});
