/** The command `events` on a server that answers as the test says. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { loadSchema } from "../support/json_schema.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";
import { answered, work } from "../support/sample_answers.ts";
import { waitFor } from "../support/wait_for.ts";
import { WatchBench } from "../support/watch_bench.ts";

/** One or two words for each line that was written. */
function told(bench: WatchBench): readonly string[] {
  return bench.lines.map((line) => {
    const { event, verdict, generation } = line;
    if (typeof generation !== "object" || generation === null) return `${event} ${verdict}`;
    const { session_id, progress } = Object.fromEntries(Object.entries(generation));
    return `${event} ${session_id} ${progress}`;
  });
}

Deno.test("events reports a generation from its start to its end, in lines that the schema allows", async () => {
  const validate = await loadSchema("event.v1.json");
  const bench = new WatchBench();
  const running = await bench.start("events");
  await bench.publish({ id: "gen-a", status: "pending", progress: 0, imagesDone: 0 });
  await bench.tick();
  bench.server.counters = answered(work(2));
  bench.server.own.set("gen-a", work(2));
  await bench.publish({ id: "gen-a", progress: 0.5, imagesDone: 2 });
  await bench.tick();
  bench.locks.states.set("gen-a", "free");
  await bench.tick();
  bench.server.turnOn();
  bench.server.own.clear();
  await bench.end("gen-a", "cancelled");
  await bench.tick();
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  assertEquals(told(bench), [
    "verdict.changed idle",
    "generation.started gen-a 0",
    "verdict.changed busy",
    "generation.progress gen-a 0.5",
    "generation.orphaned gen-a 0.5",
    "generation.cancelled gen-a 0.5",
    "verdict.changed idle",
  ]);
  for (const line of bench.lines) assertEquals(validate(line), []);
  assertEquals(bench.err, "");
  assertEquals(bench.context.listenerCount(), 0);
});

Deno.test("events reports an end that is told only when the record is gone, however rare its looks are", async () => {
  const bench = new WatchBench();
  await bench.publish({ id: "gen-a", progress: 0.5 });
  bench.server.counters = answered(work(1));
  bench.server.own.set("gen-a", work(1));
  bench.locks.states.set("gen-a", "free");
  const running = await bench.start("events --interval 1h");
  bench.server.turnOn();
  bench.server.own.clear();
  await bench.store.remove("gen-a");
  await bench.clock.advance(500);
  assertEquals(told(bench).slice(3), ["verdict.changed idle"]);
  bench.ends.set("gen-a", "finished");
  await bench.clock.advance(2_000);
  assertEquals(told(bench).slice(4), ["generation.finished gen-a 1"]);
  // Then its looks are as rare as before.
  const { looks } = bench.server;
  await bench.clock.advance(60_000);
  assertEquals(bench.server.looks, looks);
  bench.context.interrupt();
  await running.ended;
});

Deno.test("events reports progress by the records, without asking the server", async () => {
  const bench = new WatchBench();
  await bench.publish({ id: "gen-a", progress: 0.1 });
  const running = await bench.start("events --interval 1h");
  assertEquals(bench.server.looks, 1);
  for (const progress of [0.2, 0.3]) {
    await bench.publish({ id: "gen-a", progress });
    await bench.clock.advance(1_000);
  }
  assertEquals(told(bench).slice(2), [
    "generation.progress gen-a 0.2",
    "generation.progress gen-a 0.3",
  ]);
  assertEquals(bench.server.looks, 1);
  // A new record causes a question to the server, but not if it is another server's.
  await bench.publish({ id: "gen-b", serverUrl: "http://10.0.0.1:7801" });
  await bench.clock.advance(1_000);
  await bench.publish({ id: "gen-b", serverUrl: "http://10.0.0.1:7801", progress: 0.9 });
  await bench.clock.advance(1_000);
  assertEquals(bench.server.looks, 2);
  bench.context.interrupt();
  await running.ended;
});

Deno.test("events asks the server no more often than its interval and its records say", async () => {
  const bench = new WatchBench();
  const running = await bench.start("events --interval 10s");
  for (let seconds = 0; seconds < 100; seconds++) await bench.clock.advance(1_000);
  assertEquals(bench.server.looks, 11);
  bench.context.interrupt();
  await running.ended;
});

Deno.test("events goes on while the server is away, and says once why", async () => {
  const bench = new WatchBench();
  const running = await bench.start("events");
  bench.server.turnOff();
  await bench.tick();
  await bench.tick();
  bench.server.turnOn();
  await bench.tick();
  assertEquals(told(bench), [
    "verdict.changed idle",
    "verdict.changed unreachable",
    "verdict.changed idle",
  ]);
  assertEquals(bench.lines.map(({ previous, reason }) => [previous, reason]), [
    [null, null],
    ["idle", "connection refused"],
    ["unreachable", null],
  ]);
  assertEquals(
    bench.err,
    "Warning: Cannot reach http://127.0.0.1:7801: connection refused " +
      "(start SwarmUI, or give its address with --api-url)\n",
  );
  bench.context.interrupt();
  await running.ended;
});

Deno.test("events --get prints one value of each event, an empty line where it has none", async () => {
  const bench = new WatchBench();
  const running = await bench.start("events --get verdict");
  bench.server.counters = answered(work(1));
  await bench.tick();
  bench.context.interrupt();
  assertEquals([await running.ended, bench.out, bench.err], [130, "idle\nbusy\n", ""]);
  const other = new WatchBench();
  const ended = await other.start("events --get generation.session_id");
  other.context.interrupt();
  assertEquals([await ended.ended, other.out, other.err], [130, "\n", ""]);
});

Deno.test("events ends at once with Ctrl-C in a look that hangs", async () => {
  const bench = new WatchBench();
  bench.server.gate = new Promise(() => {});
  const running = await bench.start("events");
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  assertEquals(bench.out, "");
});

Deno.test("events ends quietly when its reader has gone", async () => {
  const terminal = new MemoryTerminal();
  const bench = new WatchBench({ terminal });
  const running = await bench.start("events");
  terminal.closeOut();
  bench.server.counters = answered(work(1));
  await bench.tick();
  await waitFor(() => running.hasEnded, { what: "events to end" });
  assertEquals([await running.ended, bench.err], [0, ""]);
});

for (
  const [line, message] of [
    ["events --output x", 'Cannot use --output "x": events go on until Ctrl-C (use > or a pipe)'],
    ["events -f yaml", 'Cannot use --format "yaml": expected json'],
    ["events -f table", 'Cannot use --format "table": expected json'],
    ["events --interval 1ms", 'Cannot use --interval "1ms": expected a duration from 100ms to 1d'],
  ] as const
) {
  Deno.test(`events refuses "${line}"`, async () => {
    const bench = new WatchBench();
    assertEquals(await bench.run(line), 2);
    assertStringIncludes(bench.err, `Error: ${message}`);
    assertEquals(bench.server.looks, 0);
  });
}
