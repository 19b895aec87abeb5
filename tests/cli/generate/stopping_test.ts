import { assertEquals } from "@std/assert";
import { ProgressDisplay } from "../../../src/cli/generate/progress_display.ts";
import { announceStop, listenForStops } from "../../../src/cli/generate/stopping.ts";
import type { Stopping } from "../../../src/cli/generate/stopping.ts";
import { Messages } from "../../../src/cli/messages.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { testContext } from "../../support/test_context.ts";

function stateOf({ stop, leave }: Stopping): readonly unknown[] {
  return [stop.aborted && stop.reason, leave.aborted];
}

Deno.test("listenForStops() stops at the first Ctrl-C and leaves at the second", () => {
  const context = testContext();
  using stopping = listenForStops(undefined, context);
  assertEquals(stateOf(stopping), [false, false]);
  context.interrupt();
  assertEquals(stateOf(stopping), ["interrupted", false]);
  context.interrupt();
  assertEquals(stateOf(stopping), ["interrupted", true]);
});

Deno.test("listenForStops() leaves at the first Ctrl-C after the timeout has stopped it", async () => {
  const clock = new ManualClock();
  const context = testContext({ clock });
  using stopping = listenForStops(2_000, context);
  await clock.advance(2_000);
  assertEquals(stateOf(stopping), ["timed_out", false]);
  context.interrupt();
  assertEquals(stateOf(stopping), ["timed_out", true]);
});

Deno.test("listenForStops() does not take a late timeout for a second stop", async () => {
  const clock = new ManualClock();
  const context = testContext({ clock });
  using stopping = listenForStops(2_000, context);
  context.interrupt();
  await clock.advance(2_000);
  assertEquals(stateOf(stopping), ["interrupted", false]);
});

Deno.test("listenForStops() leaves nine seconds from the stop on for all that is to be done", async () => {
  const clock = new ManualClock();
  const context = testContext({ clock });
  using stopping = listenForStops(undefined, context);
  await clock.advance(60_000);
  context.interrupt();
  await clock.advance(8_999);
  assertEquals(stopping.late.aborted, false);
  await clock.advance(1);
  assertEquals([stopping.late.aborted, stopping.late.reason], [true, "interrupted"]);
});

for (
  const [isTerminal, hint] of [
    [true, " (Ctrl-C now leaves at once, and the server may go on)"],
    [false, ""],
  ] as const
) {
  Deno.test(`announceStop() speaks of Ctrl-C ${isTerminal ? "on" : "only on"} a terminal`, async () => {
    for (const timeoutMs of [undefined, 1_000]) {
      const clock = new ManualClock();
      const terminal = new MemoryTerminal({ isTerminal });
      const context = {
        terminal,
        messages: new Messages(terminal, { verbosity: "normal", color: "never" }),
      };
      const display = new ProgressDisplay(terminal, { style: "none", id: "gen-1", steps: null });
      const world = testContext({ clock, terminal });
      using stopping = listenForStops(timeoutMs, world);
      using _ = announceStop(stopping, { display, context });
      if (timeoutMs === undefined) world.interrupt();
      await clock.advance(1_000);
      assertEquals(terminal.errText, `Stopping the server's work${hint}\n`);
    }
  });
}
