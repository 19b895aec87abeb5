/** Results on a terminal of 40 columns: nothing is broken but what people copy. */
import { assert, assertEquals } from "@std/assert";
import { MemoryTerminal } from "../support/memory_terminal.ts";
import { startHere } from "../support/program_here.ts";
import { openStage } from "../support/stage.ts";

for (
  const args of [
    ["status"],
    ["doctor"],
    ["generate", "image", "-p", "a cat", "--steps", "1"],
    ["generate", "image", "--param-help", "cfgscale"],
    ["cancel", "--all"],
  ]
) {
  Deno.test(`${args.join(" ")} writes no line that is too long for the terminal`, async () => {
    await using stage = await openStage();
    const terminal = new MemoryTerminal({ isTerminal: true, columns: 40 });
    await using run = startHere(args, { stage, terminal, clock: stage.clock });
    let isOver = false;
    const ended = run.ended.finally(() => isOver = true);
    await stage.pass(() => isOver);
    assertEquals((await ended).code, 0);
    // deno-lint-ignore no-control-regex
    const lines = terminal.outText.replace(/\x1b\[[\d;]*m/g, "").split("\n");
    assert(lines.length > 1);
    // Values and words, such as addresses and paths, are not broken.
    assertEquals(
      lines.filter((line) => line.length > 40 && !/^ +([A-Z][\w ]*: |\S+$)/.test(line)),
      [],
    );
  });
}
