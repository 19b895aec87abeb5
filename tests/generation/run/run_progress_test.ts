import { assertEquals } from "@std/assert";
import { RunProgress } from "../../../src/generation/run/run_progress.ts";

/** The progress of one image after each message, as a server tells `[overall, current]`. */
function progressOf(images: number, told: readonly (readonly [number, number])[]): number[] {
  const run = new RunProgress(images);
  return told.map(([overall, current], at) => {
    run.takeProgress({ index: 0, overall, current }, at * 1000);
    return Math.round(run.snapshot(at * 1000).progress * 1000) / 1000;
  });
}

Deno.test("RunProgress follows the steps of a short image, from its first to its last", () => {
  assertEquals(
    progressOf(1, [
      [0.25, 0],
      [0.375, 0.2],
      [0.375, 0.4],
      [0.375, 0.8],
      [0.375, 1],
      [0.5, 0],
      [0.875, 0],
    ]),
    [0.025, 0.218, 0.398, 0.758, 0.938, 0.95, 0.988],
  );
});

Deno.test("RunProgress knows that the node that moved is over when the next one begins", () => {
  assertEquals(progressOf(2, [[0.4, 0.5], [0.6, 0]]), [0.245, 0.48]);
});

Deno.test("RunProgress is whole when every image has come", () => {
  const run = new RunProgress(2);
  run.takeProgress({ index: 0, overall: 0.4, current: 0.5 }, 0);
  run.takeImage(0, 1_000);
  assertEquals(run.snapshot(1_000).progress, 0.5);
  run.takeImage(1, 2_000);
  assertEquals(run.snapshot(2_000).progress, 1);
});

Deno.test("RunProgress counts no run as done that told of no image, where images are told", () => {
  const counters = { waitingGens: 1, liveGens: 1, loadingModels: 0, waitingBackends: 0 };
  const run = new RunProgress(4);
  run.takeImage(0, 1_000);
  run.takeStatus(counters, 2_000);
  assertEquals(run.snapshot(2_000).imagesDone, 1);
  run.takeCounters(counters, 3_000);
  assertEquals(run.snapshot(3_000).imagesDone, 3);
});
