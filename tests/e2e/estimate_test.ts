/** The estimated remaining time of a generation while the server works at a steady pace. */
import { assert, assertEquals } from "@std/assert";
import { generateHere } from "../support/program_here.ts";
import { openStage } from "../support/stage.ts";

interface Line {
  readonly images_done: number;
  readonly elapsed_seconds: number;
  readonly remaining_seconds: number | null;
}

/** Over HTTP the counters are read every two seconds; nothing is known in between. */
const WAYS: readonly (readonly [readonly string[], number])[] = [[[], 1], [["--no-websocket"], 2]];

for (const [transport, slackSeconds] of WAYS) {
  Deno.test(`generate image ${transport} estimates the remaining time within a fifth, from the first image on`, async () => {
    await using stage = await openStage({ secondsPerStep: 0.5 });
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
    let before = Infinity;
    for (const { elapsed_seconds, remaining_seconds } of told) {
      const left = totalSeconds - elapsed_seconds;
      assert(remaining_seconds !== null, `nothing is told ${left} s before the end`);
      const isNear = Math.abs(remaining_seconds - left) <= Math.max(0.2 * left, slackSeconds);
      assert(isNear, `${remaining_seconds} s, and it was ${left} s`);
      assert(remaining_seconds >= 0 && remaining_seconds <= before + 0.5, `it grows: ${before}`);
      before = remaining_seconds;
    }
  });
}
