/**
 * `wait --once` in a loop, as cron runs it: each time a new process that knows only what was
 * stored.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PermissionError } from "../../src/errors.ts";
import { loadSchema } from "../support/json_schema.ts";
import { answered, comfyBackend, unanswered, work } from "../support/sample_answers.ts";
import { SERVER_URL } from "../support/sample_records.ts";
import { WatchBench } from "../support/watch_bench.ts";

const REFUSED = unanswered("not_permitted", { needs: "permission X", message: "you may not" });

/** Runs a command line each minute, and returns the exit codes. */
async function eachMinute(
  bench: WatchBench,
  line: string,
  minutes: number,
): Promise<readonly number[]> {
  const codes: number[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    codes.push(await bench.run(line));
    await bench.clock.advance(60_000);
  }
  return codes;
}

Deno.test("wait --once reaches its window in a loop, and not before", async () => {
  const bench = new WatchBench();
  assertEquals(await eachMinute(bench, "wait --once --idle-for 5m", 7), [8, 8, 8, 8, 8, 0, 0]);
  assertEquals(bench.out.split("\n").slice(4, 7), [
    "Idle for 4.0m of 5m",
    "Idle for 5.0m",
    "Idle for 6.0m",
  ]);
  assertEquals(
    bench.err.split("\n")[3],
    `Error: ${SERVER_URL} has not been idle for 5m yet`,
  );
});

Deno.test("wait --once starts again after a run, whether a look saw it or not", async () => {
  const seen = new WatchBench();
  await eachMinute(seen, "wait --once --idle-for 2m", 2);
  seen.server.counters = answered(work(1));
  assertEquals(await eachMinute(seen, "wait --once --idle-for 2m", 1), [8]);
  seen.server.turnOn();
  assertEquals(await eachMinute(seen, "wait --once --idle-for 2m", 3), [8, 8, 0]);

  const unseen = new WatchBench();
  await eachMinute(unseen, "wait --once --idle-for 2m", 2);
  unseen.server.usedAtMs = unseen.clock.monotonicMs() - 10_000;
  assertEquals(await eachMinute(unseen, "wait --once --idle-for 2m", 3), [8, 8, 0]);
});

Deno.test("wait --once measures by the wall clock, and starts again when that was set back", async () => {
  const bench = new WatchBench();
  await eachMinute(bench, "wait --once --idle-for 3m", 2);
  bench.clock.setNow(bench.clock.now() - 3_600_000);
  assertEquals(await eachMinute(bench, "wait --once --idle-for 3m", 4), [8, 8, 8, 0]);
});

Deno.test("wait --once shares a window between lengths, not between assumptions", async () => {
  const bench = new WatchBench();
  await eachMinute(bench, "wait --once --idle-for 1h", 3);
  assertEquals(await bench.run("wait --once --idle-for 2m"), 0);
  assertEquals(await bench.run("wait --once --idle-for 2m --assume idle"), 8);
  assertEquals(await bench.run("wait --once --idle-for 2m --trust-ages"), 0);
});

Deno.test("wait --once without a window keeps nothing and needs no place for it", async () => {
  const bench = new WatchBench({
    adapters: { waitStore: () => Promise.reject(new Error("must not be asked for")) },
  });
  assertEquals(await bench.run("wait --once"), 0);
  bench.server.counters = answered(work(1));
  assertEquals(await bench.run("wait --once"), 8);
  assertStringIncludes(
    bench.err,
    `Error: ${SERVER_URL} is not idle\n`,
  );
});

Deno.test("wait --once --quiet says nothing of a server that is not idle yet, only its exit code", async () => {
  const bench = new WatchBench();
  assertEquals(await bench.run("wait --once --idle-for 5m --quiet"), 8);
  bench.server.counters = answered(work(1));
  assertEquals(await bench.run("wait --once --quiet"), 8);
  assertEquals([bench.out, bench.err], ["", ""]);
  bench.server.turnOff();
  assertEquals(await bench.run("wait --once --quiet"), 5);
  assertStringIncludes(bench.err, "Error: Cannot reach ");
});

Deno.test("wait --once ends with 4 where Deno does not let it keep its window", async () => {
  const refusal = new PermissionError("Cannot keep the wait (add --allow-write=x)", "");
  const bench = new WatchBench({
    adapters: { waitStore: () => Promise.resolve({ update: () => Promise.reject(refusal) }) },
  });
  assertEquals(await bench.run("wait --once --idle-for 1m -f json"), 4);
  assertEquals(JSON.parse(bench.out), {
    error: { code: "not_permitted", message: refusal.message },
  });
});

for (
  const [name, prepare, line, code, ended] of [
    [
      "a server that cannot be reached",
      (b: WatchBench) => b.server.turnOff(),
      "",
      5,
      "unreachable",
    ],
    ["what is hidden", (b: WatchBench) => b.server.counters = REFUSED, "", 4, "unknown"],
    [
      "what is hidden, taken for busy",
      (b: WatchBench) => b.server.counters = REFUSED,
      " --assume busy",
      8,
      "not_yet",
    ],
    [
      "what is hidden, taken for idle",
      (b: WatchBench) => b.server.counters = REFUSED,
      " --assume idle",
      0,
      "idle",
    ],
    [
      "a backend that is loading",
      (b: WatchBench) => b.server.listed = answered([comfyBackend({ status: "loading" })]),
      "",
      4,
      "unknown",
    ],
    [
      "a backend that is loading, which is never assumed away",
      (b: WatchBench) => b.server.listed = answered([comfyBackend({ status: "loading" })]),
      " --assume idle",
      4,
      "unknown",
    ],
    [
      "what is hidden and loading",
      (b: WatchBench): void => {
        b.server.counters = REFUSED;
        b.server.listed = answered([comfyBackend({ status: "loading" })]);
      },
      " --assume idle",
      4,
      "unknown",
    ],
  ] as const
) {
  Deno.test(`wait --once exits with ${code} for ${name}`, async () => {
    const validate = await loadSchema("status.v1.json");
    const bench = new WatchBench();
    prepare(bench);
    assertEquals(await bench.run(`wait --once -f json${line}`), code);
    const document = JSON.parse(bench.out);
    assertEquals(validate(document), []);
    assertEquals([document.wait.ended, document.error === null], [ended, code === 0]);
    // Also later, when it is not the first look.
    const kept = new WatchBench();
    assertEquals(await kept.run(`wait --once --idle-for 1s${line}`), 8);
    prepare(kept);
    assertEquals(await kept.run(`wait --once --idle-for 1s${line}`), code === 0 ? 8 : code);
  });
}

Deno.test("wait --once says of a passing reason that it may pass", async () => {
  const bench = new WatchBench();
  bench.server.listed = answered([comfyBackend({ status: "loading" })]);
  assertEquals(await bench.run("wait --once"), 4);
  assertEquals(
    bench.err,
    `Error: Cannot know whether ${SERVER_URL} is idle: backend 0 is loading ` +
      "(this may pass; try again)\n",
  );
});

Deno.test("wait --once --assume likely needs two looks that agree", async () => {
  const bench = new WatchBench();
  bench.server.counters = REFUSED;
  assertEquals(await eachMinute(bench, "wait --once --assume likely", 3), [8, 0, 0]);
  assertEquals(bench.out.split("\n")[0], "Likely idle, but not seen so for long enough");
  assertStringIncludes(bench.err, `Error: ${SERVER_URL} is not idle\n`);
  assert(bench.waits.kept.size === 1);
});
