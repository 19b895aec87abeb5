/** `events --all`: the events of several servers, each with the server's name, each once. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { FleetBench, urlOf } from "../../support/fleet_bench.ts";
import { loadSchema } from "../../support/json_schema.ts";
import { answered, work } from "../../support/sample_answers.ts";

const isEvent = await loadSchema("event.v1.json");

/** A few words for each line that was written. */
function told(bench: FleetBench): readonly string[] {
  return bench.lines.map((line) => {
    assertEquals(isEvent(line), []);
    const { event, server, verdict, generation } = line;
    const { session_id = null } = Object.fromEntries(Object.entries(generation ?? {}));
    return `${server}: ${event} ${verdict ?? session_id}`;
  });
}

Deno.test("events --all tells a generation with its server, and asks no other for it", async () => {
  const bench = new FleetBench(["a", "b"]);
  const running = await bench.start("events --all --interval 1h");
  await bench.clock.advance(0);
  const looks = bench.at("a").looks;
  bench.at("b").counters = answered(work(2));
  await bench.publish({ id: "gen-b", serverUrl: urlOf("b"), progress: 0 });
  await bench.clock.advance(1_000);
  await bench.publish({ id: "gen-b", serverUrl: urlOf("b"), progress: 0.5 });
  await bench.clock.advance(1_000);
  bench.at("b").turnOn();
  await bench.end("gen-b", "finished");
  await bench.clock.advance(1_000);
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  assertEquals(told(bench).slice(0, 2).toSorted(), [
    "a: verdict.changed idle",
    "b: verdict.changed idle",
  ]);
  assertEquals(told(bench).slice(2), [
    "b: generation.started gen-b",
    "b: verdict.changed busy",
    "b: generation.progress gen-b",
    "b: generation.finished gen-b",
    "b: verdict.changed idle",
  ]);
  assertEquals([bench.at("a").looks, bench.err], [looks, ""]);
  assertEquals([bench.context.listenerCount(), bench.clock.sleeperCount], [0, 0]);
});

Deno.test("events --all tells the others' events while one server hangs", async () => {
  const bench = new FleetBench(["slow", "b"]);
  bench.at("slow").gate = new Promise(() => {});
  const running = await bench.start("events --all");
  bench.at("b").counters = answered(work(2));
  await bench.clock.advance(5_000);
  bench.at("b").turnOff();
  await bench.clock.advance(5_000);
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  assertEquals(told(bench), [
    "b: verdict.changed idle",
    "b: verdict.changed busy",
    "b: verdict.changed unreachable",
  ]);
});

Deno.test("events --all tells a generation of one server with two names once", async () => {
  const bench = new FleetBench(["a", "again", "b c"], { addresses: { again: urlOf("a") } });
  await bench.publish({ id: "gen-a", serverUrl: urlOf("a"), progress: 0 });
  bench.at("a").counters = answered(work(1));
  const running = await bench.start("events --all");
  await bench.clock.advance(1_000);
  await bench.publish({ id: "gen-a", serverUrl: urlOf("a"), progress: 0.5 });
  await bench.clock.advance(5_000);
  bench.context.interrupt();
  await running.ended;
  assertEquals(told(bench).filter((line) => !line.includes("verdict")), [
    "a: generation.started gen-a",
    "a: generation.progress gen-a",
  ]);
  // A problem that will never change is reported once.
  assertEquals(bench.err.split("Warning: b c: Cannot use servers").length, 2);
});

Deno.test("events --all ends with the reader of its pipe", async () => {
  const bench = new FleetBench(["a", "b"]);
  const running = await bench.start("events --all");
  await bench.clock.advance(500);
  bench.context.terminal.closeOut();
  bench.at("b").turnOff();
  assertEquals(await bench.pass(running), 0);
  assertEquals([bench.context.listenerCount(), bench.clock.sleeperCount], [0, 0]);
  const refused = new FleetBench(["a"]);
  assertEquals(await refused.run("events --all --server a"), 2);
  assertStringIncludes(refused.err, "Cannot use --server with --all");
});
