import { assertEquals, assertMatch } from "@std/assert";
import { generateHere, runHere } from "../support/program_here.ts";
import { untilRecorded } from "../support/records.ts";
import {
  assertRow,
  block,
  IDLE,
  lookFrom,
  lookFromProcess,
  NO_JOBS,
  singleBlock,
} from "../support/row.ts";
import type { Row } from "../support/row.ts";
import { MODEL, openStage } from "../support/stage.ts";

/** One generation of three images; one backend is making the first. */
const THREE_IMAGES: Row = {
  verdict: "busy",
  number: 1,
  basis: "exact",
  images: { outstanding: 3, running: 1, queued: 2, loading_models: 0, untracked: 0 },
  comfyJobs: { remaining: 2, unattributed: 0 },
  active: ["generating, alive, working, directory user"],
  exits: [0, 8],
  text: block(1, "generating"),
};

Deno.test("status says idle of a quiet server", async () => {
  await using stage = await openStage();
  await assertRow(lookFrom(stage), IDLE);
  await assertRow(lookFromProcess(stage), IDLE);
});

Deno.test("status sees an own run in the same directory, until it has ended", async () => {
  await using stage = await openStage();
  await using generating = stage.generate(["--batch", "3"]);
  await stage.untilWorking(3);
  await untilRecorded(stage, "generating");
  await assertRow(lookFromProcess(stage), THREE_IMAGES);
  await assertRow(lookFrom(stage), THREE_IMAGES);
  await stage.finish();
  assertEquals((await generating.end()).code, 0);
  await assertRow(lookFromProcess(stage), IDLE);
});

Deno.test("status sees an own run in another directory, until it has ended", async () => {
  await using stage = await openStage();
  await using own = generateHere(["--batch", "3"], { stage });
  await stage.untilWorking(3);
  await untilRecorded(stage, "generating");
  const there = lookFrom(stage, { cwd: stage.elsewhere });
  await assertRow(there, { ...THREE_IMAGES, active: ["generating, alive, working, user"] });
  await stage.finish();
  assertEquals((await own.ended).code, 0);
  await assertRow(there, IDLE);
});

Deno.test("status sees two runs that overlap, then the second alone, then none", async () => {
  await using stage = await openStage();
  await using first = generateHere([], { stage });
  await stage.untilWorking(1);
  await using second = generateHere(["--batch", "2"], { stage, cwd: stage.elsewhere });
  await stage.untilWorking(3);
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  await untilRecorded(stage, "generating", 2);
  const here = lookFrom(stage);
  const both = await assertRow(here, {
    ...THREE_IMAGES,
    number: 2,
    active: ["generating, alive, working, directory user", "generating, alive, working, user"],
    text: [...singleBlock(1, "generating"), "", ...block(2, "queued")],
  });
  await stage.pass(() => stage.server.counters.waiting_gens === 2);
  assertEquals((await first.ended).code, 0);
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  const left = await assertRow(here, {
    ...THREE_IMAGES,
    images: { outstanding: 2, running: 1, queued: 1, loading_models: 0, untracked: 0 },
    active: ["generating, alive, working, user"],
  });
  const ids = both.active_generations.map((one) => one.session_id);
  assertEquals(left.active_generations.map((one) => one.session_id), ids.slice(1));
  await stage.finish();
  assertEquals((await second.ended).code, 0);
  await assertRow(here, IDLE);
  await assertRow(lookFrom(stage, { cwd: stage.elsewhere }), IDLE);
});

Deno.test("status sees an own run through a model load and before its first image", async () => {
  await using stage = await openStage({ backends: 1, loadSeconds: 1, handoverMs: 1_000 });
  await using _own = generateHere(["--model", MODEL], { stage });
  await stage.pass(() => stage.server.counters.loading_models === 1);
  await untilRecorded(stage, "starting");
  const here = lookFrom(stage);
  const loading: Row = {
    ...THREE_IMAGES,
    images: { outstanding: 1, running: 0, queued: 1, loading_models: 1, untracked: 0 },
    comfyJobs: { remaining: 1, unattributed: 0 },
    active: ["starting, alive, working, directory user"],
    text: singleBlock(1, "starting"),
  };
  await assertRow(here, loading);
  // Now ComfyUI has nothing to do, and no image has begun: only the counters show the work.
  await stage.pass(() => stage.server.comfyJobs(0) === 0);
  await assertRow(here, {
    ...loading,
    images: { outstanding: 1, running: 0, queued: 1, loading_models: 0, untracked: 0 },
    comfyJobs: NO_JOBS,
  });
});

Deno.test("status names the model, the image and what is left", async () => {
  await using stage = await openStage({ secondsPerStep: 0.5 });
  const { clock } = stage;
  await using _own = generateHere(["--batch", "4"], { stage, clock });
  await stage.untilWorking(4);
  await stage.pass(() => stage.server.counters.waiting_gens === 3);
  await untilRecorded(stage, "generating");
  await stage.pass(() => stage.server.comfyJobs(0) === 2);
  await clock.advance(2_000);
  const { out } = await runHere(["status"], { stage, clock });
  assertMatch(out, /^Busy: 1 generation, image 2 of 4, about \d+ s left\n/);
  assertMatch(
    out,
    /\n {4}Image: {9}2 of 4\n {4}Remaining: {5}about \d+s\n {4}Model: {9}tiny.safetensors\n/,
  );
});

Deno.test("status sees an own run between two of its images", async () => {
  const backends = [{ model: MODEL, maxUsages: 1 }];
  await using stage = await openStage({ backends, saveMs: 1_000 });
  await using _own = generateHere(["--batch", "2"], { stage });
  await stage.untilWorking(2);
  // The first picture is being saved, and the second run waits for its backend.
  await stage.pass(() => stage.server.comfyJobs(0) === 0);
  await untilRecorded(stage, "generating");
  await assertRow(lookFrom(stage), {
    ...THREE_IMAGES,
    images: { outstanding: 2, running: 1, queued: 1, loading_models: 0, untracked: 0 },
    comfyJobs: NO_JOBS,
  });
});
