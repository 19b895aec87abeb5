/** `wait --for online` and `wait --for busy` on a server that answers as the test says. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { loadSchema } from "../support/json_schema.ts";
import { answered, unanswered, work } from "../support/sample_answers.ts";
import { SERVER_URL } from "../support/sample_records.ts";
import { WatchBench } from "../support/watch_bench.ts";

const NOT_ALLOWED = unanswered("not_permitted", { needs: "permission view_server_info" });

const UNREACHABLE_TEXT = `Unreachable: ${SERVER_URL}: connection refused\n`;

/** A bench whose account may not see the whole server. */
function hiddenBench(): WatchBench {
  const bench = new WatchBench();
  bench.server.counters = NOT_ALLOWED;
  return bench;
}

Deno.test("wait --for online waits until a server that is not there answers", async () => {
  const isStatus = await loadSchema("status.v1.json");
  for (const format of ["", " -f json"]) {
    const bench = new WatchBench();
    bench.server.turnOff();
    const running = await bench.start(`wait --for online${format}`);
    await bench.clock.advance(60_000);
    assertEquals(running.hasEnded, false);
    bench.server.turnOn();
    // It is busy, and online all the same.
    bench.server.counters = answered(work(1));
    assertEquals(await bench.pass(running), 0);
    if (format === "") {
      assertEquals([bench.out, bench.err], ["Online\n", UNREACHABLE_TEXT]);
      continue;
    }
    const last = bench.lines.at(-1);
    assertEquals(isStatus(last), []);
    const { condition, ended } = last?.["wait"] as Record<string, unknown>;
    assertEquals([condition, ended], ["online", "online"]);
  }
});

Deno.test("wait --for online needs no right to see what the server does", async () => {
  const bench = hiddenBench();
  assertEquals(await bench.run("wait --for online"), 0);
  assertEquals([bench.out, bench.err], ["Online\n", ""]);
});

Deno.test("wait --for online gives up where only a person can help, and after its time", async () => {
  const locked = new WatchBench();
  locked.server.turnOff("refused", "the server requires a login");
  assertEquals(await locked.run("wait --for online"), 4);
  assertEquals(
    locked.err,
    `Error: Cannot know whether ${SERVER_URL} is online: the server requires a login\n`,
  );
  const wrong = new WatchBench();
  wrong.server.turnOff("not_swarmui", "it is not SwarmUI");
  assertEquals(await wrong.run("wait --for online"), 4);
  assertStringIncludes(wrong.err, `Error: Cannot wait for ${SERVER_URL}: it is not SwarmUI`);
  const away = new WatchBench();
  away.server.turnOff();
  assertEquals(await away.run("wait --for online --timeout 5s"), 3);
  assertEquals([away.out, away.err], [
    `Still unreachable: ${SERVER_URL}: connection refused\n`,
    UNREACHABLE_TEXT +
    `Error: Timed out after 5s waiting for ${SERVER_URL} to be online\n`,
  ]);
});

Deno.test("wait --for busy ends when somebody works", async () => {
  const bench = new WatchBench();
  const running = await bench.start("wait --for busy");
  await bench.clock.advance(10_000);
  assertEquals(running.hasEnded, false);
  bench.server.counters = answered(work(2));
  assertEquals(await bench.pass(running), 0);
  assertEquals([bench.out, bench.err], ["Busy: 2 images started elsewhere\n", "Idle\n"]);

  const late = new WatchBench();
  assertEquals(await late.run("wait --for busy --timeout 3s"), 3);
  assertEquals([late.out, late.err], [
    "Still idle\n",
    `Idle\nError: Timed out after 3s waiting for ${SERVER_URL} to be busy\n`,
  ]);
});

Deno.test("wait --for busy ends with 5 and 4 as a wait for an idle server does", async () => {
  const away = new WatchBench();
  away.server.turnOff();
  assertEquals(await away.run("wait --for busy"), 5);
  const hidden = hiddenBench();
  assertEquals(await hidden.run("wait --for busy"), 4);
  assertStringIncludes(hidden.err, `Error: Cannot know whether ${SERVER_URL} is busy: `);
  const assumed = hiddenBench();
  assertEquals(await assumed.run("wait --for busy --assume busy"), 0);
  assertEquals(assumed.out, "Busy, assumed with --assume busy\n");
  const not = hiddenBench();
  assertEquals(await not.run("wait --for busy --assume idle --timeout 5s"), 3);
});

for (
  const [line, message] of [
    ["--for busy --idle-for 1m", "Cannot use --idle-for with --for busy"],
    ["--for online --trust-ages", "Cannot use --trust-ages with --for online"],
    ["--for busy --require-exact", "Cannot use --require-exact with --for busy"],
    ["--for busy --claim me", "Cannot use --claim with --for busy"],
    ["--for online --once", "Cannot use --once with --for online"],
    ["--for online --assume idle", "Cannot use --assume with --for online"],
    ["--for ready", 'Cannot use --for "ready": expected idle, online or busy'],
    ["gen-one --for busy", "Cannot use --for with an ID"],
  ] as const
) {
  Deno.test(`wait refuses "${line}"`, async () => {
    const bench = new WatchBench();
    assertEquals(await bench.run(`wait ${line}`), 2);
    assertStringIncludes(bench.err, `Error: ${message}`);
    assertEquals(bench.server.looks, 0);
  });
}
