/** What is left of a generation: near the truth, and never more without a cause. */
import { assert, assertEquals } from "@std/assert";
import type { RemainingTime } from "../../../src/generation/run/remaining_time.ts";
import { RunProgress } from "../../../src/generation/run/run_progress.ts";

const STEP_MS = 500;
const STEPS = 20;

/** What is told at an instant, and how much is left in truth. */
interface Told extends RemainingTime {
  readonly atMs: number;
  readonly leftMs: number;
  readonly imagesDone: number;
}

/** A server that makes images one after another on each of its backends. */
interface Work {
  readonly images: number;
  readonly backends?: number;
  /** Between the last step of an image and its picture, in milliseconds. */
  readonly tailMs?: number;
  /** A pause after so many images, and what the counters say meanwhile. */
  readonly pause?: { readonly after: number; readonly ms: number; readonly isLoading: boolean };
  /** How many times as long steps take from the third image on. */
  readonly slowdown?: number;
}

/** Plays the work, and asks after each message and ten times a second between them. */
function play({ images, backends = 1, tailMs = 300, pause, slowdown = 1 }: Work): readonly Told[] {
  const events: { readonly atMs: number; readonly tell: (run: RunProgress) => void }[] = [];
  const free = Array.from({ length: backends }, () => 2_000);
  for (let index = 0; index < images; index++) {
    const at = free.indexOf(Math.min(...free));
    const isPaused = index === pause?.after;
    const startMs = (free[at] ?? 0) + (isPaused ? pause.ms : 0);
    const stepMs = STEP_MS * (index >= 2 ? slowdown : 1);
    const counters = {
      waitingGens: images - index,
      liveGens: 1,
      loadingModels: 0,
      waitingBackends: 0,
    };
    if (isPaused) {
      const pausedMs = startMs - pause.ms + 20;
      events.push({
        atMs: pausedMs,
        tell: (run) =>
          run.takeCounters({
            ...counters,
            liveGens: 0,
            loadingModels: pause.isLoading ? 1 : 0,
            waitingBackends: 1,
          }, pausedMs),
      });
    }
    if (backends === 1) {
      events.push({ atMs: startMs, tell: (run) => run.takeCounters(counters, startMs) });
    }
    for (let step = 0; step <= STEPS; step++) {
      const atMs = startMs + step * stepMs;
      const current = step / STEPS;
      events.push({
        atMs,
        tell: (run) => run.takeProgress({ index, overall: 0.5, current }, atMs),
      });
    }
    const endMs = startMs + STEPS * stepMs + tailMs;
    events.push({ atMs: endMs, tell: (run) => run.takeImage(index, endMs) });
    free[at] = endMs + 40;
  }
  const lastMs = Math.max(...events.map(({ atMs }) => atMs));
  for (let atMs = 0; atMs < lastMs; atMs += 100) events.push({ atMs, tell: () => {} });
  const run = new RunProgress(images);
  return events.sort((one, other) => one.atMs - other.atMs).map(({ atMs, tell }) => {
    tell(run);
    const { remainingMs, delayedBy, imagesDone } = run.snapshot(atMs);
    return { atMs, leftMs: lastMs - atMs, remainingMs, delayedBy, imagesDone };
  });
}

/** Fails where what is left grows, or is not told any more, without a cause. */
function assertNeverGrows(told: readonly Told[]): void {
  let before: Told | null = null;
  for (const now of told) {
    if (before !== null && before.remainingMs !== null) {
      assert(now.remainingMs !== null, `nothing is told at ${now.atMs}`);
      const expected = Math.max(0, before.remainingMs - (now.atMs - before.atMs));
      assert(
        now.remainingMs <= expected + 0.001 || now.delayedBy !== null,
        `${now.remainingMs} instead of ${expected} at ${now.atMs}`,
      );
    }
    before = now;
  }
}

const STEADY: readonly (readonly [string, Work])[] = [
  ["one backend", { images: 4 }],
  ["no time between the steps and the picture", { images: 4, tailMs: 0 }],
  ["a long time between the steps and the picture", { images: 6, tailMs: 1_100 }],
  ["two backends", { images: 6, backends: 2 }],
  ["two backends and an image that is left", { images: 5, backends: 2 }],
  ["four backends", { images: 10, backends: 4 }],
  ["many images", { images: 40 }],
];

for (const [what, work] of STEADY) {
  Deno.test(`RunProgress tells what is left within a fifth from the first image on: ${what}`, () => {
    const told = play(work);
    assertNeverGrows(told);
    assertEquals(told.filter(({ delayedBy }) => delayedBy !== null), []);
    const late = told.filter(({ imagesDone, leftMs }) => imagesDone >= 1 && leftMs > 1_000);
    for (const { atMs, leftMs, remainingMs } of late) {
      const isNear = Math.abs((remainingMs ?? NaN) - leftMs) <= 0.2 * leftMs;
      assert(isNear, `${remainingMs} at ${atMs}, and it was ${leftMs}`);
    }
  });
}

const DELAYED: readonly (readonly [cause: string, Work])[] = [
  ["loading", { images: 4, pause: { after: 2, ms: 30_000, isLoading: true } }],
  ["waiting", { images: 4, pause: { after: 2, ms: 30_000, isLoading: false } }],
  ["slower", { images: 6, slowdown: 3 }],
];

for (const [cause, work] of DELAYED) {
  Deno.test(`RunProgress says ${cause} where more is left than before`, () => {
    const told = play(work);
    assertNeverGrows(told);
    assertEquals(
      [...new Set(told.map(({ delayedBy }) => delayedBy))].filter((one) => one !== null),
      [cause],
    );
    assert((told.at(-1)?.remainingMs ?? NaN) === 0);
  });
}

Deno.test("RunProgress calls a short pause between two images no delay", () => {
  const told = play({ images: 4, pause: { after: 2, ms: 800, isLoading: false } });
  assertNeverGrows(told);
  assertEquals(told.filter(({ delayedBy }) => delayedBy !== null), []);
});

Deno.test("RunProgress counts down by the counters alone, without growing", () => {
  const run = new RunProgress(4);
  const told: Told[] = [];
  for (let atMs = 0; atMs < 40_000; atMs += 2_000) {
    const waitingGens = 4 - Math.floor(atMs / 10_000);
    run.takeCounters({ waitingGens, liveGens: 1, loadingModels: 0, waitingBackends: 0 }, atMs);
    told.push({ ...run.snapshot(atMs), atMs, leftMs: 40_000 - atMs });
  }
  assertNeverGrows(told);
  // The image ended since the look before, two seconds ago.
  assertEquals(told.at(5)?.remainingMs, 26_000);
});
