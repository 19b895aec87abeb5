import { assertEquals } from "@std/assert";
import { ProgressDisplay } from "../../../src/cli/generate/progress_display.ts";
import type { ProgressStyle } from "../../../src/cli/generate/progress_display.ts";
import { RunProgress } from "../../../src/generation/run/run_progress.ts";
import type { RunSnapshot } from "../../../src/generation/run/run_progress.ts";
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

Deno.test("ProgressDisplay keeps the elapsed time up to date while nothing comes", () => {
  const { terminal, display } = open("bar");
  display.show(LOADING, at(0));
  for (let ms = 100; ms <= 2_000; ms += 100) display.tick(at(ms));
  assertEquals(drawn(terminal).map((line) => line.split(" · ").at(-1)), [
    "0s elapsed",
    "1s elapsed",
    "2s elapsed",
  ]);
});

Deno.test("ProgressDisplay leaves out whole parts where the terminal is narrow", () => {
  const working = { ...WAITING, current: 0.4, progress: 0.25, remainingMs: 42_000 };
  const rows: [number, string][] = [
    [80, "███░░░░░░░░░░░░ 25.0% · image 1 of 1 · step 40% · about 42s left · 2s elapsed"],
    [70, "███░░░░░░░░░░░░ 25.0% · image 1 of 1 · step 40% · about 42s left"],
    [61, "███░░░░░░░░░░░░ 25.0% · image 1 of 1 · about 42s left"],
    [60, "25.0% · image 1 of 1 · step 40% · about 42s left"],
    [40, "25.0% · image 1 of 1 · about 42s left"],
    [30, "25.0% · image 1 of 1"],
    [12, "25.0%"],
  ];
  for (const [columns, line] of rows) {
    const { terminal, display } = open("bar");
    terminal.width = columns;
    display.show(working, at(2_000));
    assertEquals(drawn(terminal), [line], `${columns} columns`);
  }
});

for (
  const terminal of [
    new MemoryTerminal({ isTerminal: true, isDumb: true }),
    new MemoryTerminal({ isTerminal: false }),
  ]
) {
  const where = terminal.isDumb ? "on a dumb terminal" : "where there is no terminal";
  Deno.test(`ProgressDisplay writes whole lines ${where}, one in ten seconds and the last`, async () => {
    const { display } = open("bar", terminal);
    for (let ms = 0; ms <= 12_000; ms += 100) display.show(LOADING, at(ms));
    display.finish(at(12_000));
    await display.clear();
    assertEquals(
      terminal.errText,
      "░░░░░░░░░░░░░░░ 0.0% · image 1 of 1 · loading the model · 0s elapsed\n" +
        "░░░░░░░░░░░░░░░ 0.0% · image 1 of 1 · loading the model · 10s elapsed\n" +
        "░░░░░░░░░░░░░░░ 0.0% · image 1 of 1 · loading the model · 12s elapsed\n",
    );
  });
}

Deno.test("ProgressDisplay writes lines of JSON for news only", () => {
  const { terminal, display } = open("json");
  display.show(WAITING, at(0));
  display.show(LOADING, at(10));
  for (let ms = 100; ms <= 5_000; ms += 100) display.tick(at(ms));
  const lines = terminal.errText.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ loading_models }) => loading_models), [null, 1]);
});

Deno.test("ProgressDisplay shows nothing if nobody could read it", () => {
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

Deno.test("ProgressDisplay ends its lines of JSON with the last state", () => {
  const { terminal, display } = open("json");
  display.show(WAITING, at(0));
  display.show({ ...WAITING, progress: 1, imagesDone: 1 }, at(10));
  display.finish(at(20));
  display.finish(at(30));
  const lines = terminal.errText.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ progress }) => progress), [0, 1]);
});
