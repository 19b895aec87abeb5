/** `wait --any` and `wait --all`: which servers count, when they end, and how. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FleetBench, urlOf } from "../../support/fleet_bench.ts";
import { loadSchema, readBy } from "../../support/json_schema.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { answered, unanswered, work } from "../../support/sample_answers.ts";

const isEnd = await loadSchema("wait_all.v1.json");
const isEvent = await loadSchema("event.v1.json");

interface End {
  readonly verdict: string;
  readonly servers: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly wait: { readonly ended: string };
  }[];
  readonly wait: Readonly<Record<string, unknown>>;
  readonly error: { readonly code: string } | null;
}

/** The last line; the others are events that name their server. */
function readEnd(bench: FleetBench): End {
  const lines = bench.out.trimEnd().split("\n");
  for (const line of lines.slice(0, -1)) {
    assert("server" in (readBy(isEvent, line) as Record<string, unknown>), line);
  }
  return readBy(isEnd, lines.at(-1) ?? "") as End;
}

/** Each line once: the servers answer in any order. */
function linesOf(text: string): readonly string[] {
  return [...new Set(text.trimEnd().split("\n"))].toSorted();
}

Deno.test("wait --any prints the name of the first server that is idle", async () => {
  const bench = new FleetBench(["a", "b", "c"]);
  bench.at("a").counters = answered(work(2));
  bench.at("b").counters = answered(work(1));
  bench.at("c").turnOff();
  const running = await bench.start("wait --any");
  await bench.clock.advance(10_000);
  assertEquals([running.hasEnded, bench.out], [false, ""]);
  bench.at("b").turnOn();
  assertEquals(await bench.pass(running), 0);
  assertEquals(bench.out, "b\n");
  assertEquals(linesOf(bench.err), [
    "a: Busy: 2 images started elsewhere",
    "b: Busy: 1 image started elsewhere",
    `c: Unreachable: ${urlOf("c")}: connection refused`,
  ]);
  assertEquals(bench.context.listenerCount(), 0);
});

Deno.test("wait --any waits for no server that hangs", async () => {
  const bench = new FleetBench(["slow", "b"]);
  bench.at("slow").gate = new Promise(() => {});
  assertEquals(await bench.run("wait --any --quiet"), 0);
  assertEquals([bench.out, bench.err], ["b\n", ""]);
});

Deno.test("wait --any --for online and --all --for busy wait for that", async () => {
  const any = new FleetBench(["a", "b"]);
  for (const server of any.servers.values()) server.turnOff();
  const starting = await any.start("wait --any --for online --quiet");
  await any.clock.advance(10_000);
  any.at("b").turnOn();
  assertEquals(await any.pass(starting), 0);
  assertEquals([any.out, any.err], ["b\n", ""]);
  const all = new FleetBench(["a", "b"]);
  all.at("a").counters = answered(work(1));
  const running = await all.start("wait --all --for busy -f json");
  await all.clock.advance(10_000);
  assertEquals(running.hasEnded, false);
  all.at("b").counters = answered(work(1));
  assertEquals(await all.pass(running), 0);
  const { wait, verdict } = readEnd(all);
  assertEquals([verdict, wait["condition"], wait["ended"]], ["busy", "busy", "busy"]);
  const late = new FleetBench(["a", "b"]);
  assertEquals(await late.run("wait --any --for busy --timeout 3s"), 3);
  assertEquals(late.out, "Still idle: all 2 servers\n");
  assertStringIncludes(late.err, "waiting for any of 2 servers to be busy\n");
});

Deno.test("wait --any --idle-for ends when one was quiet for so long, and tells how long", async () => {
  const bench = new FleetBench(["a", "b"]);
  bench.at("a").counters = answered(work(2));
  const running = await bench.start("wait --any --idle-for 30s --format json");
  await bench.clock.advance(20_000);
  assertEquals(running.hasEnded, false);
  assertEquals(await bench.pass(running), 0);
  const { wait, servers, verdict, error } = readEnd(bench);
  assertEquals([verdict, error], ["busy", null]);
  assertEquals([wait["for"], wait["ended"], wait["server"], wait["idle_for_seconds"]], [
    ...["any", "idle", "b", 30],
  ]);
  assertEquals(servers.map(({ name, wait }) => [name, wait.ended]), [
    ["a", "not_yet"],
    ["b", "idle"],
  ]);
});

Deno.test("wait --any gives up when none can be known or reached", async () => {
  const bench = new FleetBench(["a", "b"]);
  bench.at("a").turnOff();
  bench.at("b").turnOff("refused", "the server requires a login");
  assertEquals(await bench.run("wait --any"), 4);
  assertStringIncludes(
    bench.err,
    "Error: Cannot wait for any of 2 servers: b: cannot know whether",
  );
  const away = new FleetBench(["a", "b"]);
  for (const server of away.servers.values()) server.turnOff();
  assertEquals(await away.run("wait --any"), 5);
  assertStringIncludes(away.err, `Error: Cannot wait for any of 2 servers: a: cannot reach`);
});

Deno.test("wait --all ends when all are idle at the same time", async () => {
  const bench = new FleetBench(["a", "b", "c"]);
  bench.at("b").counters = answered(work(1));
  const running = await bench.start("wait --all");
  await bench.clock.advance(10_000);
  bench.at("a").counters = answered(work(4));
  await bench.clock.advance(3_000);
  bench.at("b").turnOn();
  await bench.clock.advance(10_000);
  assertEquals(running.hasEnded, false);
  bench.at("a").turnOn();
  assertEquals(await bench.pass(running), 0);
  assertEquals(bench.out, "Idle: all 3 servers\n");
  assertEquals(linesOf(bench.err), [
    "a: Busy: 4 images started elsewhere",
    "a: Idle",
    "b: Busy: 1 image started elsewhere",
    "b: Idle",
    "c: Idle",
  ]);
});

Deno.test("wait --all looks again at a server that was idle long before the others", async () => {
  const bench = new FleetBench(["a", "b"]);
  bench.at("b").counters = answered(work(1));
  const running = await bench.start("wait --all --interval 1m");
  // Each server will be looked at about once a minute, so these looks will be old by then.
  await bench.clock.advance(70_000);
  const gate = Promise.withResolvers<void>();
  bench.at("a").gate = gate.promise;
  bench.at("b").turnOn();
  await bench.clock.advance(140_000);
  assertEquals(running.hasEnded, false);
  bench.at("a").counters = answered(work(1));
  gate.resolve();
  await bench.clock.advance(1_000);
  assertEquals(running.hasEnded, false);
  bench.at("a").turnOn();
  assertEquals(await bench.pass(running), 0);
});

Deno.test("wait --all ends at once where one server cannot be known or reached", async () => {
  const bench = new FleetBench(["a", "b"]);
  bench.at("a").counters = answered(work(1));
  bench.at("b").counters = unanswered("not_permitted", { needs: "permission read_server_info" });
  assertEquals(await bench.run("wait --all"), 4);
  assertStringIncludes(
    bench.err,
    "Error: Cannot wait for all of 2 servers: b: cannot know whether",
  );
  const away = new FleetBench(["a", "b"]);
  away.at("b").turnOff();
  assertEquals(await away.run("wait --all --format json"), 5);
  const { wait, error } = readEnd(away);
  assertEquals([wait["ended"], wait["server"], error?.code], ["unreachable", "b", "unreachable"]);
});

Deno.test("wait does not call a server idle whose settings are invalid", async () => {
  const bench = new FleetBench(["a", "b c"]);
  bench.at("a").counters = answered(work(1));
  for (const assume of ["", " --assume idle", " --assume likely"]) {
    assertEquals(await bench.run(`wait --all${assume}`), 4);
    assert(/^b c: Unknown: cannot use servers in /m.test(bench.out), bench.out);
  }
  assertStringIncludes(
    bench.err,
    'Error: Cannot wait for all of 2 servers: b c: cannot use servers in /config.yaml "b c"',
  );
});

Deno.test("wait --any and --all time out with their own exit code, whatever hangs", async () => {
  for (const want of ["any", "all"]) {
    const bench = new FleetBench(["a", "b"]);
    bench.at("a").counters = answered(work(2));
    bench.at("b").counters = answered(work(2));
    assertEquals(
      await bench.run(`wait --${want} --timeout 10s --timeout-exit-code 75`),
      75,
    );
    assertEquals(bench.out, "Still busy: 2 of 2 servers\n");
    assertStringIncludes(
      bench.err,
      `Error: Timed out after 10s waiting for ${want} of 2 servers\n`,
    );
    assertEquals(bench.clock.sleeperCount, 0);
  }
});

Deno.test("wait --timeout 0 looks at each server once", async () => {
  const bench = new FleetBench(["a", "b"]);
  bench.at("a").counters = answered(work(2));
  assertEquals(await bench.run("wait --any --timeout 0"), 0);
  assertEquals(bench.out, "b\n");
  const all = new FleetBench(["a", "b"]);
  all.at("a").counters = answered(work(2));
  assertEquals(await all.run("wait --all --timeout 0 --format json"), 3);
  const { wait, servers } = readEnd(all);
  assertEquals(wait["ended"], "timed_out");
  assertEquals(servers.map(({ wait }) => wait.ended), ["timed_out", "idle"]);
  assertEquals([all.at("a").looks, all.at("b").looks], [1, 1]);
});

Deno.test("wait --once keeps a window for each server", async () => {
  const bench = new FleetBench(["a", "b"]);
  bench.at("a").counters = answered(work(2));
  assertEquals(await bench.run("wait --any --idle-for 5m --once"), 8);
  assertStringIncludes(bench.err, "Error: None of 2 servers has been idle for 5m yet");
  await bench.clock.advance(301_000);
  assertEquals(await bench.run("wait --any --idle-for 5m --once"), 0);
  assert(bench.out.endsWith("\nb\n"), bench.out);
  assertEquals(await bench.run("wait --all --idle-for 5m --once"), 8);
  bench.at("b").turnOff();
  bench.at("a").turnOff("refused");
  assertEquals(await bench.run("wait --any --once"), 4);
  bench.at("a").turnOff();
  assertEquals(await bench.run("wait --all --once"), 5);
});

Deno.test("wait --any counts the quiet of the best server on a terminal", async () => {
  const terminal = new MemoryTerminal({ isTerminal: true, columns: 40 });
  const bench = new FleetBench(["a", "b"], { terminal });
  bench.at("a").counters = answered(work(2));
  const running = await bench.start("wait --any --idle-for 30s");
  await bench.clock.advance(10_000);
  assertStringIncludes(bench.err, "\r\x1b[2KIdle for 9s of 30s: b");
  bench.context.interrupt();
  assertEquals(await running.ended, 130);
  assertStringIncludes(bench.err, "Interrupted while waiting for any of 2 servers");
  // The drawn line is removed before anything else is written.
  const last = bench.err.split("\n").at(-2) ?? "";
  assertStringIncludes(last.split("\x1b[2K").at(-1) ?? "", "Interrupted while waiting");
});

Deno.test("wait refuses what --any and --all cannot be used with", async () => {
  for (
    const [line, told] of [
      ["wait --any --all", "Cannot use --any and --all together"],
      ["wait --any --server a", "Cannot use --server with --any"],
      ["wait gen-1 --all", "Cannot use --all with an ID"],
    ] as const
  ) {
    const bench = new FleetBench(["a"]);
    assertEquals(await bench.run(line), 2, line);
    assertStringIncludes(bench.err, told);
  }
});
