/** The command `wait` on a server that answers as the test says. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parse } from "@std/yaml";
import { loadSchema } from "../support/json_schema.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";
import { answered, comfyBackend, queueOf, unanswered, work } from "../support/sample_answers.ts";
import { SERVER_URL } from "../support/sample_records.ts";
import { WatchBench } from "../support/watch_bench.ts";

const REFUSED = unanswered("not_permitted", {
  needs: "permission view_server_info",
  message: "you may not\x1b[2J",
});

/** The object `wait` of the last line. */
function waitBlock(bench: WatchBench): Readonly<Record<string, unknown>> {
  const wait = bench.lines.at(-1)?.["wait"];
  assert(typeof wait === "object" && wait !== null, bench.out);
  return { ...wait };
}

/** How a command ended: `code`, standard output, standard error. */
async function outcome(
  bench: WatchBench,
  line: string,
): Promise<readonly [number, string, string]> {
  return [await bench.run(line), bench.out, bench.err];
}

Deno.test("wait reports each change on stderr, and why it ended on stdout", async () => {
  const bench = new WatchBench();
  bench.server.counters = answered(work(3));
  const running = await bench.start("wait");
  await bench.tick();
  bench.server.counters = answered(work(2));
  await bench.tick();
  bench.server.queue = answered(queueOf(1));
  bench.server.turnOn();
  bench.server.queue = answered(queueOf(1));
  await bench.tick();
  assertEquals(bench.out, "");
  bench.server.turnOn();
  await bench.tick();
  assertEquals(await running.ended, 0);
  assertEquals(bench.out, "Idle\n");
  assertEquals(
    bench.err,
    "Busy: 3 images started elsewhere\nBusy: 1 ComfyUI job that SwarmUI does not count\n",
  );
  assertEquals(bench.context.listenerCount(), 0);
});

Deno.test("wait names the generations of this tool, and reports when others keep the server busy", async () => {
  const bench = new WatchBench();
  await bench.publish({ id: "gen-one", imagesTotal: 4, imagesDone: 1, progress: 0.255 });
  bench.server.counters = answered(work(3));
  bench.server.own.set("gen-one", work(3));
  const running = await bench.start("wait");
  await bench.tick();
  await bench.end("gen-one", "finished");
  await bench.tick();
  bench.server.turnOn();
  await bench.tick();
  assertEquals(await running.ended, 0);
  assertEquals(
    bench.err,
    "Busy: 1 generation, image 2 of 4\nBusy: 3 images started elsewhere\n",
  );
});

Deno.test("wait --idle-for ends when it has been quiet for just so long", async () => {
  for (const usedAtMs of [-600_000, null]) {
    const bench = new WatchBench();
    bench.server.usedAtMs = usedAtMs;
    assertEquals(await bench.run("wait --idle-for 30s --interval 20s -f json"), 0);
    assertEquals(waitBlock(bench), {
      condition: "idle",
      ended: "idle",
      quiet_seconds: 30,
      idle_for_seconds: 30,
      quiet_basis: "samples",
      blind_spots: [],
      assumed: null,
      waited_seconds: 30,
      claim: null,
      claimed_by: null,
    });
    assertEquals(bench.server.looks, 3);
    assertEquals(bench.err, "Idle for 0s of 30s\n");
  }
});

Deno.test("wait --idle-for reports a run that came and went between two looks", async () => {
  const bench = new WatchBench();
  const running = await bench.start("wait --idle-for 5s");
  await bench.tick();
  await bench.clock.advance(1_000);
  bench.server.usedAtMs = bench.clock.monotonicMs();
  await bench.tick();
  assertEquals(
    bench.err,
    "Idle for 0s of 5s\nIdle, but a backend was used, came or went since the last look: " +
      "the quiet starts again\n",
  );
  assertEquals(await bench.pass(running), 0);
  assertEquals(bench.out, "Idle for 5s\n");
});

Deno.test("wait --idle-for --trust-ages ends at once where the ages allow it, and says so", async () => {
  const bench = new WatchBench();
  const ages = "by the backends' ages (not visible there: model loads, work that wound down, " +
    "and jobs sent straight to ComfyUI)";
  assertEquals(await outcome(bench, "wait --idle-for 9m --trust-ages"), [
    0,
    `Idle for 10.0m, ${ages}\n`,
    "",
  ]);
  const asJson = new WatchBench();
  assertEquals(await asJson.run("wait --idle-for 9m --trust-ages -f json"), 0);
  assertEquals(waitBlock(asJson), {
    condition: "idle",
    ended: "idle",
    quiet_seconds: 600,
    idle_for_seconds: 540,
    quiet_basis: "backend_ages",
    blind_spots: ["model loads, work that wound down, and jobs sent straight to ComfyUI"],
    assumed: null,
    waited_seconds: 0,
    claim: null,
    claimed_by: null,
  });
  assertEquals(asJson.server.looks, 1);
});

Deno.test("wait --format json writes lines, the last of them the status document", async () => {
  const bench = new WatchBench();
  const [isEvent, isStatus] = await Promise.all([
    loadSchema("event.v1.json"),
    loadSchema("status.v1.json"),
  ]);
  bench.server.counters = answered(work(2));
  const running = await bench.start("wait --format json --idle-for 1s");
  await bench.tick();
  bench.server.turnOn();
  await bench.tick();
  assertEquals(await bench.pass(running), 0);
  const [busy, idle, last, ...more] = bench.lines;
  assertEquals(more, []);
  assertEquals([isEvent(busy), isEvent(idle), isStatus(last)], [[], [], []]);
  assertEquals([busy?.["verdict"], busy?.["previous"], busy?.["images_outstanding"]], [
    "busy",
    null,
    2,
  ]);
  assertEquals([idle?.["verdict"], idle?.["previous"], idle?.["window_restarted"]], [
    "idle",
    "busy",
    false,
  ]);
  assertEquals([last?.["verdict"], waitBlock(bench)["ended"]], ["idle", "idle"]);
});

Deno.test("wait --format yaml and --output give the last document alone", async () => {
  const yaml = new WatchBench();
  assertEquals(await yaml.run("wait --format yaml"), 0);
  const document = parse(yaml.out);
  assert(typeof document === "object" && document !== null && "wait" in document);
  const file = new WatchBench();
  file.server.counters = answered(work(1));
  const running = await file.start("wait --format json --output /data/result.json");
  await file.tick();
  file.server.turnOn();
  assertEquals(await file.pass(running), 0);
  assertEquals(file.out, "");
  const written = file.context.files.get("/data/result.json") ?? "";
  assertEquals(written.indexOf("\n"), written.length - 1);
  assertEquals(JSON.parse(written).wait.ended, "idle");
});

Deno.test("wait --quiet prints nothing but what failed at the end", async () => {
  const idle = new WatchBench();
  assertEquals(await outcome(idle, "wait --quiet"), [0, "", ""]);
  const busy = new WatchBench();
  busy.server.counters = answered(work(1));
  const [code, , err] = await outcome(busy, "wait --quiet --timeout 0");
  assertEquals(code, 3);
  assertEquals(
    err,
    `Error: Did not wait for ${SERVER_URL}, because of --timeout 0; ` +
      "it is busy: 1 image started elsewhere\n",
  );
});

Deno.test("wait --timeout ends in time with 3, or with the code that was asked for", async () => {
  for (const [option, code] of [["", 3], [" --timeout-exit-code 0", 0]] as const) {
    const bench = new WatchBench();
    bench.server.counters = answered(work(1));
    assertEquals(await bench.run(`wait --timeout 90s --interval 1m -f json${option}`), code);
    const { ended, waited_seconds } = waitBlock(bench);
    assertEquals([ended, waited_seconds], ["timed_out", 90]);
    assertEquals(bench.lines.at(-1)?.["error"], {
      code: "timed_out",
      message: `Timed out after 90s waiting for ${SERVER_URL}; ` +
        "it is busy: 1 image started elsewhere",
    });
    // At 0, after about a minute, and a last time at the end.
    assertEquals(bench.server.looks, 3);
  }
});

Deno.test("wait --timeout says how long it was quiet at least", async () => {
  const bench = new WatchBench();
  assertEquals(await bench.run("wait --idle-for 1m --timeout 20s"), 3);
  assertEquals(bench.out, "Idle for 20s of 1m\n");
  assertEquals(
    bench.err,
    `Idle for 0s of 1m\nError: Timed out after 20s waiting for ${SERVER_URL}\n`,
  );
  const atOnce = new WatchBench();
  assertEquals(await atOnce.run("wait --idle-for 1m --timeout 0"), 3);
  // Each line once, even if a terminal shows both streams.
  assertEquals([atOnce.out, atOnce.err], [
    "Idle for 0s of 1m\n",
    `Error: Did not wait for ${SERVER_URL}, because of --timeout 0\n`,
  ]);
  const ages = new WatchBench();
  assertEquals(await ages.run("wait --idle-for 20m --trust-ages --timeout 0"), 3);
  assertEquals(ages.out, "Idle for 10.0m of 20m\n");
  const busy = new WatchBench();
  busy.server.counters = answered(work(1));
  assertEquals(await outcome(busy, "wait --timeout 3s"), [
    3,
    "Still busy: 1 image started elsewhere\n",
    "Busy: 1 image started elsewhere\n" +
    `Error: Timed out after 3s waiting for ${SERVER_URL}\n`,
  ]);
});

Deno.test("wait --timeout cuts a look at a server that hangs, but never the first", async () => {
  const bench = new WatchBench();
  bench.server.counters = answered(work(1));
  const running = await bench.start("wait --timeout 10s");
  await bench.clock.advance(500);
  bench.server.gate = new Promise(() => {});
  await bench.clock.advance(9_600);
  assertEquals(await running.ended, 3);
  const first = new WatchBench();
  const { promise, resolve } = Promise.withResolvers<void>();
  first.server.gate = promise;
  const waiting = await first.start("wait --timeout 1s");
  await first.clock.advance(3_000);
  assertEquals(waiting.hasEnded, false);
  resolve();
  assertEquals(await first.pass(waiting), 0);
});

Deno.test("wait ends at once with Ctrl-C, in its sleep and in a look that hangs", async () => {
  const asleep = new WatchBench();
  asleep.server.counters = answered(work(1));
  const sleeping = await asleep.start("wait -f json");
  await asleep.clock.advance(100);
  asleep.context.interrupt();
  assertEquals(await sleeping.ended, 130);
  assertEquals(waitBlock(asleep)["ended"], "interrupted");
  assertStringIncludes(asleep.err, `Error: Interrupted while waiting for ${SERVER_URL}\n`);

  const looking = new WatchBench();
  looking.server.counters = answered(work(1));
  const second = await looking.start("wait");
  await looking.clock.advance(100);
  looking.server.gate = new Promise(() => {});
  await looking.tick();
  looking.context.interrupt();
  assertEquals(await second.ended, 130);

  const first = new WatchBench();
  first.server.gate = new Promise(() => {});
  const hanging = await first.start("wait -f json");
  await first.clock.advance(100);
  first.context.interrupt();
  assertEquals(await hanging.ended, 130);
  // There was nothing to report.
  assertEquals(JSON.parse(first.out), {
    error: { code: "interrupted", message: "Interrupted by SIGINT" },
  });
});

Deno.test("wait varies its interval by a tenth at most", async () => {
  const bench = new WatchBench();
  bench.server.counters = answered(work(1));
  const running = await bench.start("wait --interval 10s");
  for (let look = 0; look < 60; look++) await bench.clock.advance(11_000);
  bench.context.interrupt();
  await running.ended;
  // The deadlines of the records are sleeps too.
  const between = bench.clock.sleeps.filter((ms) => ms > 8_000);
  assert(between.length >= 60);
  assertEquals(between.filter((ms) => ms < 9_000 || ms > 11_000), []);
  assert(Math.max(...between) - Math.min(...between) > 500);
});

Deno.test("wait ends with 5 where the first look finds no server, and waits on later", async () => {
  const bench = new WatchBench();
  bench.server.turnOff();
  assertEquals(await outcome(bench, "wait"), [
    5,
    `Unreachable: ${SERVER_URL}: connection refused\n`,
    `Error: Cannot reach ${SERVER_URL}: connection refused ` +
    "(start SwarmUI, or give its address with --api-url)\n",
  ]);
  const later = new WatchBench();
  later.server.counters = answered(work(1));
  const running = await later.start("wait -q");
  await later.tick();
  later.server.turnOff();
  await later.tick();
  later.server.turnOn();
  assertEquals(await later.pass(running), 0);
});

Deno.test("wait ends with 4 where the answer is hidden for good, and says what it needs", async () => {
  const bench = new WatchBench();
  bench.server.counters = REFUSED;
  const [code, out, err] = await outcome(bench, "wait");
  const why = "this account may not see other people's work";
  assertEquals(code, 4);
  assertEquals(out, `Unknown (likely idle): ${why}\n`);
  assertEquals(
    err,
    `Error: Cannot know whether ${SERVER_URL} is idle: ${why} ` +
      "(it needs the permission view_server_info, or decide with --assume)\n",
  );
  const asJson = new WatchBench();
  asJson.server.counters = REFUSED;
  assertEquals(await asJson.run("wait -f json"), 4);
  const [error, { ended }] = [asJson.lines.at(-1)?.["error"], waitBlock(asJson)];
  assertEquals([error, ended], [{
    code: "unknown",
    message: `Cannot know whether ${SERVER_URL} is idle: ${why} ` +
      "(it needs the permission view_server_info, or decide with --assume)",
  }, "unknown"]);
});

Deno.test("wait --assume takes what is hidden for what it says", async () => {
  for (
    const [line, code, text, seconds] of [
      ["wait --assume idle", 0, "Idle, assumed with --assume idle\n", 0],
      [
        "wait --assume idle --idle-for 5s",
        0,
        "Idle for 5s, assumed with --assume idle\n",
        5,
      ],
      ["wait --assume likely --interval 1s", 0, "Idle, assumed with --assume likely\n", 5],
      ["wait --assume busy --timeout 1m", 3, null, 60],
    ] as const
  ) {
    const bench = new WatchBench();
    bench.server.counters = REFUSED;
    const startedMs = bench.clock.monotonicMs();
    const [exit, out] = await outcome(bench, line);
    assertEquals(exit, code, line);
    if (text !== null) assertEquals(out, text);
    const tookMs = bench.clock.monotonicMs() - startedMs;
    assert(tookMs >= seconds * 1000 && tookMs <= (seconds + 3) * 1000, `${line}: ${tookMs} ms`);
  }
});

Deno.test("wait --assume likely gives up where that can never be told", async () => {
  const bench = new WatchBench();
  bench.server.counters = REFUSED;
  bench.server.listed = answered([comfyBackend({ type: "swarmswarmbackend" })]);
  assertEquals(await bench.run("wait --assume likely"), 4);
  assertStringIncludes(
    bench.err,
    "(it needs the permission view_server_info, or decide with --assume idle or --assume busy)\n",
  );
  // Nobody can ask a ComfyUI that is off, or that sleeps until it is used.
  for (const status of ["disabled", "errored", "idle"]) {
    const off = new WatchBench();
    off.server.counters = REFUSED;
    off.server.listed = answered([comfyBackend({ status }), comfyBackend({ id: 1, status })]);
    assertEquals(await off.run("wait --assume likely"), 4, status);
  }
});

Deno.test("wait --idle-for counts the quiet on a terminal, and takes the line away", async () => {
  const bench = new WatchBench({ terminal: new MemoryTerminal({ isTerminal: true }) });
  bench.server.counters = answered(work(1));
  const running = await bench.start("wait --idle-for 4s");
  await bench.tick();
  bench.server.turnOn();
  assertEquals(await bench.pass(running), 0);
  const [told = "", ...drawn] = bench.err.split("\r\x1b[2K");
  assertEquals(told, "Busy: 1 image started elsewhere\nIdle for 0s of 4s\n");
  assert(drawn.includes("Idle for 1s of 4s"), bench.err);
  assert(drawn.includes("Idle for 3s of 4s"), bench.err);
  assertEquals(drawn.at(-1), "");
  const dumb = new WatchBench({ terminal: new MemoryTerminal({ isTerminal: true, isDumb: true }) });
  assertEquals(await dumb.run("wait --idle-for 4s"), 0);
  assertEquals(dumb.err, "Idle for 0s of 4s\n");
  const quiet = new WatchBench({ terminal: new MemoryTerminal({ isTerminal: true }) });
  assertEquals(await quiet.run("wait --idle-for 4s --quiet"), 0);
  assertEquals(quiet.err, "");
});

Deno.test("wait reports no line twice", async () => {
  const bench = new WatchBench();
  await bench.publish({ id: "gen-one", imagesTotal: 4, imagesDone: 1 });
  bench.server.counters = answered(work(3));
  bench.server.own.set("gen-one", work(3));
  const running = await bench.start("wait");
  // Another sleep for the same reason.
  await bench.end("gen-one", "finished");
  await bench.publish({ id: "gen-two", imagesTotal: 4, imagesDone: 1 });
  bench.server.own.set("gen-two", work(3));
  await bench.tick();
  await bench.end("gen-two", "finished");
  bench.server.turnOn();
  await bench.tick();
  assertEquals(await running.ended, 0);
  assertEquals([bench.out, bench.err], ["Idle\n", "Busy: 1 generation, image 2 of 4\n"]);
});

Deno.test("wait --idle-for ends with 4 where the ages are hidden", async () => {
  const bench = new WatchBench();
  bench.server.listed = bench.server.queue = unanswered("not_permitted", {
    needs: "permission view_backends_list",
    message: "you may not list",
  });
  assertEquals(await bench.run("wait --idle-for 1m"), 4);
  assertStringIncludes(
    bench.err,
    `Error: Cannot know how long ${SERVER_URL} has been idle: this account may not see the list of ` +
      "backends (it needs the permission view_backends_list, or leave out --idle-for)\n",
  );
  const plain = new WatchBench();
  plain.server.listed = plain.server.queue = bench.server.listed;
  assertEquals(await plain.run("wait"), 0);
});

Deno.test("wait answers by its exit code though nobody reads its output", async () => {
  for (const format of ["table", "json"]) {
    const terminal = new MemoryTerminal();
    terminal.closeOut();
    const bench = new WatchBench({ terminal });
    bench.server.counters = answered(work(1));
    const running = await bench.start(`wait --timeout 10s --format ${format}`);
    await bench.tick();
    assertEquals(running.hasEnded, false);
    assertEquals(await bench.pass(running), 3);
  }
  const status = new MemoryTerminal();
  status.closeOut();
  const bench = new WatchBench({ terminal: status });
  bench.server.counters = answered(work(1));
  assertEquals(await bench.run("status --exit-code --no-models"), 8);
  assertEquals(await bench.run("status --no-models"), 0);
});

for (
  const [line, message] of [
    ["wait --once --timeout 1s", "Cannot use --once with --timeout or --interval"],
    ["wait --once --interval 1s", "Cannot use --once with --timeout or --interval"],
    ["wait --timeout-exit-code 7", "Cannot use --timeout-exit-code without --timeout"],
    ["wait --timeout-exit-code 256 --timeout 1s", 'Cannot use --timeout-exit-code "256"'],
    ["wait --interval 99ms", 'Cannot use --interval "99ms": expected a duration from 100ms to 1d'],
    ["wait --idle-for -1s", 'Cannot use --idle-for "-1s"'],
    ["wait --idle-for 8d", 'Cannot use --idle-for "8d"'],
    ["wait --assume maybe", 'Cannot use --assume "maybe": expected likely, idle or busy'],
  ] as const
) {
  Deno.test(`wait refuses "${line}"`, async () => {
    const bench = new WatchBench();
    assertEquals(await bench.run(`${line} --format json`), 2);
    assertStringIncludes(bench.err, `Error: ${message}`);
    const { error } = JSON.parse(bench.out);
    assertEquals(error.code, "usage");
    assertEquals(bench.server.looks, 0);
  });
}
