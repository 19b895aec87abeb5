/** `status --all --watch`: the newest report of each server, however slow the others are. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FleetBench, urlOf } from "../../support/fleet_bench.ts";
import { loadSchema } from "../../support/json_schema.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { answered, work } from "../../support/sample_answers.ts";

const isValid = await loadSchema("status_all.v1.json");

/** The verdicts in each line of JSON, the common one first. */
function verdicts({ lines }: FleetBench): readonly (readonly unknown[])[] {
  return lines.map((line) => {
    assertEquals(isValid(line), []);
    const servers = line["servers"] as readonly { readonly verdict: string }[];
    return [line["verdict"], ...servers.map(({ verdict }) => verdict)];
  });
}

Deno.test("status --all --watch in a pipe is one line for each round", async () => {
  const bench = new FleetBench(["a", "b"]);
  const running = await bench.start("status --all --watch");
  await bench.clock.advance(1_000);
  assertEquals(verdicts(bench), [["idle", "idle", "idle"]]);
  bench.at("b").counters = answered(work(3));
  await bench.clock.advance(2_000);
  bench.at("b").turnOff();
  await bench.clock.advance(2_000);
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  assertEquals(verdicts(bench), [
    ["idle", "idle", "idle"],
    ["busy", "idle", "busy"],
    ["unreachable", "idle", "unreachable"],
  ]);
  assertEquals(bench.err, "");
});

Deno.test("status --all --watch shows the others while one has not answered", async () => {
  const bench = new FleetBench(["slow", "b"]);
  const gate = Promise.withResolvers<void>();
  bench.at("slow").gate = gate.promise;
  await bench.publish({ serverUrl: urlOf("b") });
  const running = await bench.start("status --all --watch --interval 1s");
  await bench.clock.advance(900);
  assertEquals(bench.lines, []);
  await bench.clock.advance(1_200);
  assertEquals(verdicts(bench).at(-1), ["busy", "unknown", "busy"]);
  assertStringIncludes(
    bench.out,
    `Not known whether ${urlOf("slow")} is busy: it has not answered`,
  );
  gate.resolve();
  await bench.clock.advance(2_200);
  assertEquals(verdicts(bench).at(-1), ["busy", "idle", "busy"]);
  bench.context.interrupt();
  await running.ended;
  // The other server was looked at all the time.
  assert(bench.at("b").looks >= 4, `${bench.at("b").looks}`);
});

Deno.test("status --all --watch looks anew only where a record has changed", async () => {
  const bench = new FleetBench(["a", "b"]);
  const running = await bench.start("status --all --watch --interval 1h");
  await bench.publish({ serverUrl: urlOf("b") });
  await bench.clock.advance(1_000);
  assertEquals([bench.at("a").looks, bench.at("b").looks], [1, 2]);
  bench.context.interrupt();
  await running.ended;
});

Deno.test("status --all --watch draws in place, and what matters on a small screen", async () => {
  const terminal = new MemoryTerminal({ isTerminal: true, columns: 40 });
  const bench = new FleetBench(["a", "b", "c", "d", "e"], { terminal });
  terminal.height = 6;
  bench.at("c").counters = answered(work(3));
  bench.at("e").turnOff();
  const running = await bench.start("status --all --watch");
  await bench.clock.advance(500);
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  const [, drawn = ""] = bench.out.split("\x1b[H");
  assertEquals(
    drawn.replaceAll("\x1b[K", "").split("\x1b[J")[0]?.split("\r\n"),
    [
      "\x1b[33mBusy: 1 of 5 servers\x1b[39m",
      "SERVER  VERDICT      RUNNING  QUEUED",
      "c       busy         1        2",
      "e       unreachable",
      "and 3 more: 3 idle",
      "14:30:00 UTC, Ctrl-C ends",
    ],
  );
  assert(bench.out.endsWith("\x1b[?1049l"), bench.out);
});

Deno.test("status --all --watch cuts off no part of a reason where there is room", async () => {
  const terminal = new MemoryTerminal({ isTerminal: true, columns: 30 });
  const bench = new FleetBench(["a", "b"], { terminal });
  bench.at("b").turnOff("refused", "it says so in many words, and more");
  const running = await bench.start("status --all --watch");
  await bench.clock.advance(500);
  bench.context.interrupt();
  await running.ended;
  const [, drawn = ""] = bench.out.replaceAll("\x1b[K", "").split("\x1b[H");
  assertStringIncludes(drawn.replaceAll(/\s+/g, " "), "it says so in many words, and more");
});

Deno.test("status --all --watch ends with the reader of its pipe", async () => {
  const bench = new FleetBench(["a", "b"]);
  const running = await bench.start("status --all --watch");
  await bench.clock.advance(500);
  bench.context.terminal.closeOut();
  assertEquals(await bench.pass(running), 0);
  assertEquals(bench.context.listenerCount(), 0);
  assertEquals(bench.clock.sleeperCount, 0);
});
