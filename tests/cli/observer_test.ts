/**
 * Commands that look at a server with a backend that is called `idle`, perhaps only for a moment.
 */
import { assertEquals } from "@std/assert";
import { answered, comfyBackend, unanswered, work } from "../support/sample_answers.ts";
import { SERVER_URL } from "../support/sample_records.ts";
import { WatchBench } from "../support/watch_bench.ts";

const IDLE = answered([
  comfyBackend({ secondsSinceUsed: null }),
  comfyBackend({ id: 1, type: "comfyui_api", status: "idle", secondsSinceUsed: null }),
]);
const BACK = answered([comfyBackend(), comfyBackend({ id: 1, type: "comfyui_api" })]);

function benchWithIdle(): WatchBench {
  const bench = new WatchBench();
  bench.server.listed = IDLE;
  return bench;
}

Deno.test("status looks on for 6 s until an idle backend has settled, and counts the models once", async () => {
  const bench = benchWithIdle();
  assertEquals(await bench.run("status --exit-code --format json"), 0);
  assertEquals([bench.server.looks, bench.server.count("models")], [5, 1]);
  const { verdict, models_count, generations_running_basis } = JSON.parse(bench.out);
  assertEquals([verdict, models_count, generations_running_basis], ["idle", 12, "at_least"]);
});

Deno.test("status --no-settle answers at once", async () => {
  const bench = benchWithIdle();
  assertEquals(await bench.run("status --exit-code --no-settle"), 4);
  assertEquals(bench.server.looks, 1);
});

Deno.test("status ends its looks as soon as the backend is back, or something works", async () => {
  for (
    const [happen, code] of [
      [(bench: WatchBench): void => void (bench.server.listed = BACK), 0],
      [(bench: WatchBench): void => void (bench.server.counters = answered(work(1))), 8],
    ] as const
  ) {
    const bench = benchWithIdle();
    const running = await bench.start("status --exit-code");
    happen(bench);
    assertEquals(await bench.pass(running), code);
    assertEquals(bench.server.looks, 2);
  }
});

Deno.test("status, wait and watches settle on a server that is slow to tell the rest of a look", async () => {
  for (
    const command of [
      "status --exit-code",
      "wait",
      "wait --interval 30s",
      "status --watch --format json",
      "events",
    ]
  ) {
    const bench = benchWithIdle();
    bench.server.restMs = 1_700;
    const running = await bench.start(command);
    for (let seconds = 0; seconds < 12; seconds++) await bench.clock.advance(1_000);
    bench.context.interrupt();
    const code = await bench.pass(running);
    if (code === 130) assertEquals(bench.lines.at(-1)?.["verdict"], "idle", command);
    else assertEquals(code, 0, command);
  }
});

Deno.test("status takes no further looks if something else prevents the answer", async () => {
  const bench = new WatchBench();
  bench.server.listed = answered([
    comfyBackend({ status: "loading" }),
    comfyBackend({ id: 1, status: "idle" }),
  ]);
  assertEquals(await bench.run("status --exit-code"), 4);
  assertEquals(bench.server.looks, 1);
});

Deno.test("status gives up on a backend that shows signs of use again and again", async () => {
  const bench = new WatchBench();
  const server = bench.server;
  let age = 900;
  const running = await bench.start("status --exit-code");
  await running.ended;
  server.listed = IDLE;
  const second = await bench.start("status --exit-code");
  for (let looks = 0; looks < 20 && !second.hasEnded; looks++) {
    server.listed = answered([comfyBackend({ status: "idle", secondsSinceUsed: --age })]);
    await bench.clock.advance(1_500);
  }
  assertEquals(await bench.pass(second), 4);
});

Deno.test("wait finds a server idle beside a backend that is off, at every interval", async () => {
  for (const interval of ["", " --interval 30s", " --interval 5s --idle-for 1m"]) {
    const bench = benchWithIdle();
    assertEquals(await bench.run(`wait${interval}`), 0, interval);
  }
});

Deno.test("wait --timeout ends a look that settles, and --timeout 0 does not", async () => {
  const bench = benchWithIdle();
  const startedMs = bench.clock.monotonicMs();
  assertEquals(await bench.run("wait --timeout 2s"), 3);
  assertEquals(bench.clock.monotonicMs() - startedMs <= 3_000, true);
  assertEquals(await bench.run("wait --timeout 0"), 0);
});

Deno.test("wait --assume settles without the permission to read the counters", async () => {
  const refused = unanswered("not_permitted", { needs: "permission read_server_info_panels" });
  for (const assume of ["likely", "idle"]) {
    for (const more of ["", " --interval 30s", " --once"]) {
      const bench = benchWithIdle();
      bench.server.counters = refused;
      const line = `wait --assume ${assume}${more}`;
      // "Likely" must have lasted for 5 s, which a single call cannot see.
      const first = line === "wait --assume likely --once" ? 8 : 0;
      assertEquals(await bench.run(line), first, line);
      await bench.clock.advance(60_000);
      assertEquals(await bench.run(line), 0, line);
    }
  }
  const bench = benchWithIdle();
  bench.server.counters = refused;
  // Six more seconds would still give "unknown".
  assertEquals(await bench.run("status --exit-code"), 4);
  assertEquals(bench.server.looks, 1);
});

Deno.test("wait --once --assume says what may pass, not the right that is missing too", async () => {
  const bench = new WatchBench();
  bench.server.counters = unanswered("not_permitted");
  bench.server.listed = answered([comfyBackend({ status: "loading" })]);
  assertEquals(await bench.run("wait --once --assume idle --quiet"), 4);
  assertEquals(
    bench.err,
    `Error: Cannot know whether ${SERVER_URL} is idle: backend 0 is loading ` +
      "(this may pass; try again)\n",
  );
});

Deno.test("wait --once goes on with its window beside a backend that is off", async () => {
  const bench = benchWithIdle();
  const codes: number[] = [];
  for (let minute = 0; minute < 4; minute++) {
    codes.push(await bench.run("wait --once --idle-for 2m"));
    await bench.clock.advance(54_000);
  }
  assertEquals(codes, [8, 8, 8, 0]);
});

Deno.test("--require-exact ends with 4 where an idle server is not seen for certain", async () => {
  const spot = "backend 1 (comfyui_api) is idle: it is assumed to have no work";
  const line = `Error: Cannot be certain that ${SERVER_URL} is idle: not visible: ${spot} ` +
    "(or leave out --require-exact)\n";
  for (
    const command of [
      "status --exit-code --require-exact --quiet",
      "wait --require-exact --quiet",
      "wait --once --require-exact --quiet",
    ]
  ) {
    const bench = benchWithIdle();
    assertEquals([await bench.run(command), bench.err], [4, line], command);
    bench.server.listed = BACK;
    assertEquals(await bench.run(command), 0, command);
  }
});

Deno.test("wait does not answer Idle alone where it ends with 4", async () => {
  for (const once of ["", " --once"]) {
    const bench = benchWithIdle();
    assertEquals(await bench.run(`wait --require-exact${once}`), 4);
    assertEquals(bench.out, "Idle, but not for certain\n");
    const blind = new WatchBench();
    blind.server.listed = unanswered("not_permitted");
    blind.server.queue = unanswered("not_permitted");
    assertEquals(await blind.run(`wait --idle-for 1m${once}`), 4);
    assertEquals(blind.out, "Idle, but not known for how long\n");
  }
});

Deno.test("--require-exact is refused where it makes no sense", async () => {
  const bench = new WatchBench();
  assertEquals(await bench.run("status --require-exact"), 2);
  assertEquals(await bench.run("wait --require-exact --assume idle"), 2);
  assertEquals(await bench.run("status --watch --no-settle"), 2);
});

Deno.test("events and status --watch say idle once a backend has settled, and keep saying it", async () => {
  for (const command of ["events --interval 30s", "status --watch --interval 30s --format json"]) {
    const bench = benchWithIdle();
    const running = await bench.start(command);
    await bench.clock.advance(60_000);
    bench.context.interrupt();
    await bench.pass(running);
    const verdicts = bench.lines.map(({ verdict }) => verdict);
    const changes = verdicts.filter((verdict, index) => verdict !== verdicts[index - 1]);
    assertEquals(changes, ["unknown", "idle"], command);
  }
});
