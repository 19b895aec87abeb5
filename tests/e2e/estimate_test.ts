/** The estimated remaining time of a generation while the server works at a steady pace. */
import { assert, assertEquals } from "@std/assert";
import type { OwnRun } from "../support/program_here.ts";
import { generateHere, runHere, startHere } from "../support/program_here.ts";
import type { Stage } from "../support/stage.ts";
import { MODEL, openStage } from "../support/stage.ts";
import { readStatus } from "../support/status_json.ts";

interface Line {
  readonly images_done: number;
  readonly elapsed_seconds: number;
  readonly remaining_seconds: number | null;
  readonly delayed_by: string | null;
}

/** A way to generate, how many backends there are, and the seconds of a step, of which an image has 20. */
const WAYS: readonly (readonly [readonly string[], number, number])[] = [
  [[], 1, 0.5],
  [[], 2, 0.5],
  [["--no-websocket"], 1, 0.5],
  [["--no-websocket"], 1, 0.1],
];

for (const [transport, backends, secondsPerStep] of WAYS) {
  const name = ["generate image", ...transport, `on ${backends}, ${secondsPerStep} s`].join(" ");
  Deno.test(`${name} tells within a fifth what is left, from the first image on`, async () => {
    await using stage = await openStage({
      secondsPerStep,
      backends: Array.from({ length: backends }, () => ({ model: MODEL })),
    });
    await using run = generateHere(["--batch", "4", "--progress", "json", ...transport], {
      stage,
      clock: stage.clock,
    });
    let isOver = false;
    const ended = run.ended.finally(() => isOver = true);
    await stage.pass(() => isOver);
    const { code, err } = await ended;
    assertEquals(code, 0);
    const lines: Line[] = err.trim().split("\n").map((line) => JSON.parse(line));
    const totalSeconds = lines.at(-1)?.elapsed_seconds ?? NaN;
    const told = lines.filter(({ images_done, elapsed_seconds }) =>
      // In the last second no estimate is needed.
      images_done >= 1 && images_done < 4 && totalSeconds - elapsed_seconds > 1
    );
    assert(told.length > 3, err);
    for (const { elapsed_seconds, remaining_seconds } of told) {
      const left = totalSeconds - elapsed_seconds;
      assert(remaining_seconds !== null, `nothing is told ${left} s before the end`);
      const isNear =
        Math.abs(remaining_seconds - left) <= Math.max(0.2 * left, secondsPerStep < 0.5 ? 0.6 : 1);
      assert(isNear, `${remaining_seconds} s, and it was ${left} s`);
    }
    const first = lines.findIndex(({ remaining_seconds }) => remaining_seconds !== null);
    let before = Infinity;
    for (const { elapsed_seconds, remaining_seconds, delayed_by } of lines.slice(first)) {
      assert(remaining_seconds !== null, `nothing is told at ${elapsed_seconds} s`);
      assertEquals(delayed_by, null);
      // Both are rounded to tenths.
      assert(elapsed_seconds + remaining_seconds <= before + 0.2, `it grows: ${before}`);
      before = remaining_seconds === 0 ? Infinity : elapsed_seconds + remaining_seconds;
    }
  });
}

/** Lets time pass until a command has ended. */
async function untilEnded(stage: Stage, { ended }: OwnRun): Promise<void> {
  let isOver = false;
  void ended.finally(() => isOver = true);
  await stage.pass(() => isOver);
}

Deno.test("attach and status tell within a fifth what is left of a detached generation", async () => {
  // `status` knows when an image ended only to the second: too little for short images.
  for (const [secondsPerStep, asksStatus] of [[0.25, false], [0.5, true]] as const) {
    await using stage = await openStage({ secondsPerStep, backends: [{ model: MODEL }] });
    const options = { stage, clock: stage.clock };
    await using detached = generateHere(["--batch", "6", "--steps", "20", "--detach"], options);
    await untilEnded(stage, detached);
    await using attached = startHere(["attach", "--progress", "json", "--format", "json"], options);
    const asked: (readonly [atMs: number, number | null])[] = [];
    for (const images of asksStatus ? [5, 4, 2] : []) {
      await stage.pass(() => stage.server.counters.waiting_gens === images);
      const { out } = await runHere(["status", "--format", "json"], options);
      const told = readStatus(out).active_generations[0]?.remaining_seconds;
      asked.push([stage.clock.now(), typeof told === "number" ? told : null]);
    }
    await untilEnded(stage, attached);
    const endMs = stage.clock.now();
    const { err } = await attached.ended;
    const lines: Line[] = err.trim().split("\n").map((line) => JSON.parse(line));
    const totalSeconds = lines.at(-1)?.elapsed_seconds ?? NaN;
    for (const { images_done, elapsed_seconds, remaining_seconds } of lines) {
      const left = totalSeconds - elapsed_seconds;
      if (images_done === 0 || left < 1) continue;
      assertNear(remaining_seconds, { left, slackSeconds: 2 });
    }
    for (const [atMs, told] of asked) {
      assertNear(told, { left: (endMs - atMs) / 1000, slackSeconds: 2 });
    }
  }
});

function assertNear(told: number | null, about: {
  readonly left: number;
  readonly slackSeconds: number;
}): void {
  const { left, slackSeconds } = about;
  const isNear = told !== null && Math.abs(told - left) <= Math.max(0.2 * left, slackSeconds);
  assert(isNear, `${told} s, and it was ${left} s`);
}
