/** The estimated remaining time of a generation while the server works at a steady pace. */
import { assert, assertEquals } from "@std/assert";
import { generateHere } from "../support/program_here.ts";
import { MODEL, openStage } from "../support/stage.ts";

interface Line {
  readonly images_done: number;
  readonly elapsed_seconds: number;
  readonly remaining_seconds: number | null;
  readonly delayed_by: string | null;
}

/** Over HTTP the counters are asked for every two seconds, and nothing is known between. */
const WAYS: readonly (readonly [readonly string[], number, number])[] = [
  [[], 1, 1],
  [[], 1, 2],
  [["--no-websocket"], 2, 1],
];

for (const [transport, slackSeconds, backends] of WAYS) {
  const name = ["generate image", ...transport, `on ${backends}`].join(" ");
  Deno.test(`${name} tells within a fifth what is left, from the first image on`, async () => {
    await using stage = await openStage({
      secondsPerStep: 0.5,
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
      const isNear = Math.abs(remaining_seconds - left) <= Math.max(0.2 * left, slackSeconds);
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
