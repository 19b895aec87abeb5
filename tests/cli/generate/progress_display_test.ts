import { assertEquals } from "@std/assert";
import { ProgressDisplay } from "../../../src/cli/generate/progress_display.ts";
import type { ProgressStyle } from "../../../src/cli/generate/progress_display.ts";
import { RunProgress } from "../../../src/generation/run_progress.ts";
import type { RunSnapshot } from "../../../src/generation/run_progress.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { counters } from "../../support/sample_answers.ts";

const WAITING: RunSnapshot = new RunProgress(1).snapshot(0);
const LOADING: RunSnapshot = { ...WAITING, counters: counters({ loadingModels: 1 }) };

function open(style: ProgressStyle, terminal = new MemoryTerminal({ isTerminal: true })): {
  readonly terminal: MemoryTerminal;
  readonly display: ProgressDisplay;
} {
  return { terminal, display: new ProgressDisplay(terminal, { style, id: "gen-1", steps: null }) };
}

function at(ms: number): { readonly nowMs: number; readonly elapsedMs: number } {
  return { nowMs: ms, elapsedMs: ms };
}

function drawn({ errText }: MemoryTerminal): readonly string[] {
  return errText.split("\r\x1b[2K").slice(1);
}

Deno.test("ProgressDisplay shows what came too soon with the next tick", () => {
  const { terminal, display } = open("bar");
  display.show(WAITING, at(0));
  display.show(LOADING, at(10));
  display.tick(at(50));
  display.tick(at(110));
  assertEquals(drawn(terminal), [
    "░░░░░░░░░░░░░░░ 0.0% · image 1 of 1 · waiting for the server · 0s elapsed",
    "░░░░░░░░░░░░░░░ 0.0% · image 1 of 1 · loading the model · 0s elapsed",
  ]);
});

Deno.test("ProgressDisplay lets the line tell the time while nothing comes", () => {
  const { terminal, display } = open("bar");
  display.show(LOADING, at(0));
  for (let ms = 100; ms <= 2_000; ms += 100) display.tick(at(ms));
  assertEquals(drawn(terminal).map((line) => line.split(" · ").at(-1)), [
    "0s elapsed",
    "1s elapsed",
    "2s elapsed",
  ]);
});

Deno.test("ProgressDisplay writes lines of JSON for news only", () => {
  const { terminal, display } = open("json");
  display.show(WAITING, at(0));
  display.show(LOADING, at(10));
  for (let ms = 100; ms <= 5_000; ms += 100) display.tick(at(ms));
  const lines = terminal.errText.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ loading_models }) => loading_models), [null, 1]);
});

Deno.test("ProgressDisplay says nothing where nobody could read it", () => {
  const { terminal, display } = open("none");
  display.show(WAITING, at(0));
  display.tick(at(5_000));
  assertEquals(terminal.errText, "");
});

Deno.test("ProgressDisplay writes fractions without the noise of floating point", () => {
  const { terminal, display } = open("json");
  display.show({ ...WAITING, progress: 0.1 + 0.2, overall: 0.7 - 0.1, current: 1 / 3 }, at(0));
  const { progress, overall, current } = JSON.parse(terminal.errText);
  assertEquals([progress, overall, current], [0.3, 0.6, 0.3333]);
});

Deno.test("ProgressDisplay draws a bar, and leaves out whole words where there is no room", () => {
  const moving: RunSnapshot = {
    ...new RunProgress(4).snapshot(0),
    imagesDone: 1,
    progress: 0.45,
    current: 0.8,
    remainingMs: 42_000,
  };
  const lines = [80, 60, 40, 12].map((columns) => {
    const { terminal, display } = open(
      "bar",
      new MemoryTerminal({ isTerminal: true, columns }),
    );
    display.show(moving, at(61_000));
    return drawn(terminal)[0];
  });
  assertEquals(lines, [
    "██████░░░░░░░░░ 45.0% · image 2 of 4 · step 80% · about 42s left · 1.0m elapsed",
    "45.0% · image 2 of 4 · step 80% · about 42s left",
    "45.0% · image 2 of 4 · step 80%",
    "45.0%",
  ]);
});

Deno.test("ProgressDisplay writes a bar as lines where nothing can be drawn again", async () => {
  const { terminal, display } = open("bar", new MemoryTerminal());
  display.show(WAITING, at(0));
  display.show({ ...WAITING, progress: 0.2 }, at(500));
  display.tick(at(900));
  display.tick(at(1_000));
  for (let ms = 1_100; ms <= 5_000; ms += 100) display.tick(at(ms));
  display.show({ ...WAITING, progress: 1, imagesDone: 1 }, at(5_100));
  display.show({ ...WAITING, progress: 1, imagesDone: 1 }, at(5_200));
  display.finish(at(5_300));
  await display.clear();
  assertEquals(terminal.errText.split("\n").map((line) => line.split(" · ")[0]), [
    "░░░░░░░░░░░░░░░ 0.0%",
    "███░░░░░░░░░░░░ 20.0%",
    "███████████████ 100.0%",
    "███████████████ 100.0%",
    "",
  ]);
});

Deno.test("ProgressDisplay ends its lines of JSON with what came last", () => {
  const { terminal, display } = open("json");
  display.show(WAITING, at(0));
  display.show({ ...WAITING, progress: 1, imagesDone: 1 }, at(10));
  display.finish(at(20));
  display.finish(at(30));
  const lines = terminal.errText.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ progress }) => progress), [0, 1]);
});
