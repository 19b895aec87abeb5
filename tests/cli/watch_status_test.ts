/** `status --watch` on a terminal in memory, and in a pipe. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertExpected } from "../support/expected_text.ts";
import { loadSchema } from "../support/json_schema.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";
import { answered, unanswered, work } from "../support/sample_answers.ts";
import { waitFor } from "../support/wait_for.ts";
import { WatchBench } from "../support/watch_bench.ts";

const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

function onTerminal(): { readonly bench: WatchBench; readonly terminal: MemoryTerminal } {
  const terminal = new MemoryTerminal({ isTerminal: true });
  return { bench: new WatchBench({ terminal }), terminal };
}

/** The frames that were drawn, exactly as they were sent. */
function frames(bench: WatchBench): readonly string[] {
  return bench.out.split("\x1b[H").slice(1);
}

Deno.test("status --watch draws in place on the other screen, and leaves it with Ctrl-C", async () => {
  const { bench } = onTerminal();
  const running = await bench.start("status --watch");
  bench.server.counters = answered(work(3));
  await bench.tick();
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  assert(bench.out.startsWith(`${ENTER}\x1b[H`));
  assert(bench.out.endsWith(LEAVE));
  assertEquals(bench.out.split(ENTER).length, 2);
  // The whole screen is never cleared, because that would flicker.
  assertEquals(bench.out.includes("\x1b[2J"), false);
  const [idle = "", busy = ""] = frames(bench);
  assertStringIncludes(idle, "\r\nNo generations currently running\x1b[K\r\n");
  assertStringIncludes(idle, "\r\n14:30:00 UTC, Ctrl-C ends\x1b[K\x1b[J");
  assertStringIncludes(busy, "Untracked: 3 images on the server");
  assertEquals(frames(bench).length, 2);
  // The rest of every line is cleared, so that nothing of a longer line remains.
  for (const line of busy.replace(LEAVE, "").split("\r\n")) {
    assert(line.replace("\x1b[J", "").endsWith("\x1b[K"), line);
  }
});

Deno.test("status --watch draws again when the terminal changes, cut to its size", async () => {
  const { bench, terminal } = onTerminal();
  const running = await bench.start("status --watch --interval 1h");
  terminal.resize({ columns: 12, rows: 4 });
  await bench.clock.advance(0);
  bench.context.interrupt();
  await running.ended;
  assertEquals(bench.server.looks, 1);
  const lines = frames(bench)[1]?.replace(LEAVE, "").split("\r\n") ?? [];
  assertEquals(lines.length, 4);
  for (const line of lines) {
    const codes = ["\x1b[K", "\x1b[J", "\x1b[32m", "\x1b[39m"];
    const shown = codes.reduce((text, code) => text.replace(code, ""), line);
    assert(shown.length <= 12, line);
  }
  // The reader is gone.
  const { out } = bench;
  terminal.resize({ columns: 80, rows: 24 });
  assertEquals(bench.out, out);
});

Deno.test("status --watch leaves the screen before it stops, and draws again when it goes on", async () => {
  const { bench, terminal } = onTerminal();
  const running = await bench.start("status --watch");
  await terminal.stop(async () => {
    const { out } = bench;
    assert(out.endsWith(LEAVE));
    terminal.resize({ columns: 80, rows: 40 });
    await bench.tick();
    assertEquals(bench.out, out);
  });
  assert(
    bench.out.split(LEAVE)[1]?.startsWith(`${ENTER}\x1b[H\x1b[32mIdle\x1b[39m\x1b[K\r\n`),
    bench.out,
  );
  bench.context.interrupt();
  await running.ended;
  assert(bench.out.endsWith(LEAVE));
});

Deno.test("status --watch writes its text again and again, without an escape, on a dumb terminal", async () => {
  const terminal = new MemoryTerminal({ isTerminal: true, isDumb: true });
  const bench = new WatchBench({ terminal });
  const running = await bench.start("status --watch");
  terminal.resize({ columns: 12, rows: 4 });
  await bench.tick();
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  assertEquals(bench.out.includes("\x1b"), false);
  assertEquals(bench.out.match(/^\d\d:\d\d:\d\d UTC\nIdle\n\nServer\n/gm)?.length, 2);
});

Deno.test("status --watch draws nothing before its first look", async () => {
  const { bench, terminal } = onTerminal();
  bench.server.gate = new Promise(() => {});
  const running = await bench.start("status --watch");
  terminal.resize({ columns: 12, rows: 4 });
  await bench.clock.advance(0);
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  assertEquals(bench.out, "");
});

Deno.test("status --watch sends no escapes into a pipe when the terminal changes", async () => {
  const terminal = new MemoryTerminal();
  const bench = new WatchBench({ terminal });
  const running = await bench.start("status --watch --interval 1h");
  terminal.resize({ columns: 12, rows: 4 });
  await bench.clock.advance(0);
  bench.context.interrupt();
  await running.ended;
  assertEquals(bench.lines.length, 1);
  assertEquals(bench.out.includes("\x1b"), false);
});

Deno.test("status --watch ends quietly when its terminal or its pipe has gone", async () => {
  for (const isTerminal of [true, false]) {
    const terminal = new MemoryTerminal({ isTerminal });
    const bench = new WatchBench({ terminal });
    const running = await bench.start("status --watch");
    terminal.closeOut();
    terminal.resize({ columns: 12, rows: 4 });
    await bench.tick();
    await waitFor(() => running.hasEnded, { what: "status --watch to end" });
    assertEquals([await running.ended, bench.err], [0, ""]);
    assertEquals(bench.context.listenerCount(), 0);
  }
});

Deno.test("status --watch escapes a server's words", async () => {
  const { bench, terminal } = onTerminal();
  terminal.width = 200;
  bench.server.turnOff("refused", "log in\x1b]0;owned\x07");
  const running = await bench.start("status --watch");
  await bench.clock.advance(100);
  bench.context.interrupt();
  await running.ended;
  assertEquals(bench.out.includes("\x1b]0;"), false);
  assertStringIncludes(bench.out, "log in\\u{1B}]0;owned");
});

Deno.test("status --watch in a pipe, or as JSON, is one valid line for each look", async () => {
  const validate = await loadSchema("status.v1.json");
  for (
    const [isTerminal, line] of [[false, "status --watch"], [
      true,
      "status --watch -f json",
    ]] as const
  ) {
    const bench = new WatchBench({ terminal: new MemoryTerminal({ isTerminal }) });
    const running = await bench.start(line);
    bench.server.counters = answered(work(1));
    await bench.tick();
    bench.server.turnOff();
    await bench.tick();
    bench.context.interrupt();
    assertEquals(await running.ended, 130);
    assertEquals(bench.lines.map(({ verdict }) => verdict), ["idle", "busy", "unreachable"]);
    for (const document of bench.lines) assertEquals(validate(document), []);
    assertEquals(bench.lines.map(({ error }) => error !== null), [false, false, true]);
  }
});

Deno.test("status --watch in a pipe is text where --format table asks for it", async () => {
  const bench = new WatchBench();
  const running = await bench.start("status --watch --format table --no-models");
  bench.server.turnOff();
  await bench.tick();
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  await assertExpected("status/watch_in_a_pipe.txt", bench.out);
});

Deno.test("status --watch --get prints one value for each look, on a terminal too", async () => {
  for (const bench of [new WatchBench(), onTerminal().bench]) {
    const running = await bench.start("status --watch --get verdict");
    bench.server.counters = answered(work(1));
    // The code that reads the value is loaded with the first look.
    await waitFor(() => bench.out !== "", { what: "the first value" });
    await bench.tick();
    bench.context.interrupt();
    assertEquals([await running.ended, bench.out, bench.err], [130, "idle\nbusy\n", ""]);
  }
  // A generation may still come; a field that no status has never comes.
  const later = new WatchBench();
  const running = await later.start("status --watch --get active_generations.0.progress");
  later.context.interrupt();
  assertEquals([await running.ended, later.out, later.err], [130, "\n", ""]);
  const wrong = new WatchBench();
  assertEquals(await wrong.run("status --watch --get verdit"), 2);
  assertStringIncludes(
    wrong.err,
    'Error: Cannot use --get: there is no "verdit" (closest: verdict)',
  );
});

Deno.test("status --watch looks when records change, and asks for the models at its interval only", async () => {
  const bench = new WatchBench();
  const running = await bench.start("status --watch --interval 10s");
  await bench.publish({ id: "gen-a", progress: 0.2 });
  await bench.clock.advance(1_000);
  await bench.publish({ id: "gen-a", progress: 0.4 });
  await bench.clock.advance(1_000);
  assertEquals([bench.lines.length, bench.server.count("models")], [3, 1]);
  await bench.clock.advance(8_500);
  assertEquals([bench.lines.length, bench.server.count("models")], [4, 2]);
  assertEquals(bench.lines.map(({ models_count }) => models_count), [12, 12, 12, 12]);
  bench.context.interrupt();
  await running.ended;
});

Deno.test("status --watch --no-models never asks for models", async () => {
  const bench = new WatchBench();
  const running = await bench.start("status --watch --no-models");
  await bench.tick();
  bench.context.interrupt();
  await running.ended;
  assertEquals([bench.lines.length, bench.server.count("models")], [2, 0]);
});

Deno.test("status --watch says what is hidden on each screen", async () => {
  const { bench } = onTerminal();
  bench.server.counters = unanswered("not_permitted", { needs: "permission X" });
  const running = await bench.start("status --watch");
  await bench.clock.advance(100);
  bench.context.interrupt();
  await running.ended;
  assertStringIncludes(bench.out, "Not known whether a generation is running");
});

for (
  const [line, message] of [
    ["status --interval 1s", "Cannot use --interval without --watch"],
    ["status --watch --exit-code", "Cannot use --watch with --exit-code"],
    ["status --watch --output x", "Cannot use --watch with --output: a watch has no end"],
    ["status --watch -f yaml", "Cannot use --watch with --format yaml: expected table or json"],
    ["status --watch --interval 1ms", 'Cannot use --interval "1ms"'],
  ] as const
) {
  Deno.test(`status refuses "${line}"`, async () => {
    const bench = new WatchBench();
    assertEquals(await bench.run(line), 2);
    assertStringIncludes(bench.err, `Error: ${message}`);
    assertEquals(bench.server.looks, 0);
  });
}

for (
  const [verdict, prepare, code] of [
    ["idle", (): void => {}, 0],
    ["busy", (bench: WatchBench): void => void (bench.server.counters = answered(work(1))), 8],
    [
      "unknown",
      (bench: WatchBench): void => void (bench.server.counters = unanswered("not_permitted")),
      4,
    ],
    ["unreachable", (bench: WatchBench): void => bench.server.turnOff(), 5],
  ] as const
) {
  Deno.test(`status --exit-code reports ${verdict} by ${code}`, async () => {
    const bench = new WatchBench();
    prepare(bench);
    assertEquals(await bench.run("status --exit-code --no-models -f json"), code);
    assertEquals(JSON.parse(bench.out).verdict, verdict);
  });
}

Deno.test("status --watch reports the verdict and what runs where the screen is small", async () => {
  const { bench, terminal } = onTerminal();
  terminal.resize({ columns: 80, rows: 6 });
  bench.server.counters = answered(work(3));
  const running = await bench.start("status --watch --interval 1h");
  bench.context.interrupt();
  await running.ended;
  const [frame = ""] = frames(bench);
  assertEquals(
    frame.replace(LEAVE, "").replaceAll("\x1b[K", "").replaceAll("\x1b[J", "").split("\r\n"),
    [
      "\x1b[33mBusy: 3 images started elsewhere\x1b[39m",
      "Active Generations",
      "───────────────────────────────────────────────",
      "Untracked: 3 images on the server (1 running, 2 queued), started elsewhere",
      "14:30:00 UTC, Ctrl-C ends",
    ],
  );
});

for (const rows of [30, 15]) {
  Deno.test(`status --watch cuts off no part of what it says, in 40 columns and ${rows} rows`, async () => {
    const { bench, terminal } = onTerminal();
    terminal.resize({ columns: 40, rows });
    bench.server.turnOff();
    const running = await bench.start("status --watch --interval 1h");
    bench.context.interrupt();
    await running.ended;
    const [frame = ""] = frames(bench);
    const codes = ["\x1b[K", "\x1b[J", "\x1b[31m", "\x1b[39m"];
    const text = codes.reduce((shown, code) => shown.replaceAll(code, ""), frame);
    const words = text.replaceAll(/\s+/g, " ");
    assertStringIncludes(words, "Unreachable: http://127.0.0.1:7801: connection refused ");
    assertStringIncludes(words, "(start SwarmUI, or give its address with --api-url)");
  });
}

Deno.test("status --watch breaks long lines between words on a dumb terminal", async () => {
  const terminal = new MemoryTerminal({ isTerminal: true, isDumb: true, columns: 40 });
  const bench = new WatchBench({ terminal });
  bench.server.turnOff();
  const running = await bench.start("status --watch --interval 1h");
  bench.context.interrupt();
  await running.ended;
  assertStringIncludes(bench.out, "\nUnreachable: http://127.0.0.1:7801:\n  connection refused\n");
});
