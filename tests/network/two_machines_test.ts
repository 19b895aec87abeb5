/**
 * Two machines with one Redis, and clocks an hour apart: what they see of each other's work, and
 * can do.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Machine, twoMachines } from "../support/machines.ts";
import { MemoryTerminal } from "../support/memory_terminal.ts";
import { generateHere, runHere, startHere } from "../support/program_here.ts";
import { HAS_REDIS, startRedis } from "../support/redis_server.ts";
import { openStage } from "../support/stage.ts";
import { readStatus } from "../support/status_json.ts";
import { waitFor } from "../support/wait_for.ts";

const NEEDS_REDIS = { ignore: !HAS_REDIS };
const JSON_FORMAT = ["--format", "json"];

Deno.test(
  "a generation of one machine is busy on the other, and gone when it is over",
  NEEDS_REDIS,
  async () => {
    await using stage = await openStage();
    await using redis = await startRedis();
    const [north, south] = twoMachines(stage, redis);
    await using generating = generateHere(["--batch", "2"], north);
    await stage.untilWorking(2);
    const look = async () => readStatus((await runHere(["status", ...JSON_FORMAT], south)).out);
    const status = await waitFor(async () => {
      const seen = await look();
      return seen.active_generations[0]?.status === "generating" ? seen : null;
    }, { what: "the other machine to see it" });
    const [generation] = status.active_generations;
    assertEquals(status.verdict, "busy");
    assertEquals(status.generations_running, 1);
    assertEquals(status.images.untracked, 0);
    assertEquals(generation?.scope, ["network"]);
    assertEquals(generation?.host, "north");
    assertEquals(generation?.owner, "alive");
    assertEquals(generation?.images_total, 2);
    // The other clock is an hour ahead.
    assert((generation?.duration_seconds ?? Infinity) < 1_800, `${generation?.duration}`);
    await stage.finish();
    assertEquals((await generating.ended).code, 0);
    const after = await look();
    assertEquals([after.verdict, after.active_generations], ["idle", []]);
    const keys = await redis.keys();
    assertEquals(keys.filter((key) => !key.startsWith("asset-generator:ended:")), []);
  },
);

for (const isShared of [true, false]) {
  const does = isShared ? "is cancelled from another machine" : "is refused where they are not";
  Deno.test(`a generation whose sessions are shared ${does}`, NEEDS_REDIS, async () => {
    await using stage = await openStage();
    await using redis = await startRedis();
    const [north, south] = twoMachines(stage, redis, {
      ASSET_GENERATOR_REDIS_SHARE_SESSIONS: `${isShared}`,
    });
    await using generating = generateHere(["--batch", "2"], north);
    await stage.untilWorking(2);
    const id = await idSeenOn(south);
    const all = await runHere(["cancel", "--all"], south);
    assertStringIncludes(
      all.err,
      isShared
        ? "Not touched: 1 generation of other machines (cancel ID stops one)"
        : "Not touched: 1 generation whose session this user does not have",
    );
    const cancelling = runHere(["cancel", id, ...JSON_FORMAT], south);
    if (!isShared) {
      const { code, err } = await cancelling;
      assertEquals(code, 4);
      assertEquals(
        err,
        `Error: Cannot cancel ${id}: its session is not shared (cancel it on north, or use ` +
          "--redis-share-sessions on both machines)\n",
      );
      await stage.finish();
      assertEquals((await generating.ended).code, 0);
      return;
    }
    await stage.pass(() => stage.server.counters.waiting_gens === 0);
    await stage.finish();
    const { code, out, err } = await cancelling;
    assertEquals(code, 0, err);
    assertEquals(JSON.parse(out).cancelled[0].outcome, "stopped");
    assertEquals((await generating.ended).code, 130);
  });
}

Deno.test(
  "wait ID and attach on another machine find how it ended and its pictures",
  NEEDS_REDIS,
  async () => {
    await using stage = await openStage();
    await using redis = await startRedis();
    const [north, south] = twoMachines(stage, redis);
    await using generating = generateHere(["--batch", "2"], north);
    await stage.untilWorking(2);
    const id = await idSeenOn(south);
    const waiting = runHere(["wait", id, ...JSON_FORMAT], south);
    const attached = runHere(["attach", id, "--get", "images[].seed"], south);
    await stage.finish();
    const { code, out } = await generating.ended;
    assertEquals(code, 0);
    const waited = await waiting;
    assertEquals(waited.code, 0, waited.err);
    const seeds = JSON.parse(out).images.map(({ seed }: { readonly seed: number }) => seed);
    assertEquals(
      JSON.parse(waited.out).images.map(({ seed }: { readonly seed: number }) => seed),
      seeds,
    );
    assertEquals((await attached).out, seeds.map((seed: number) => `${seed}\n`).join(""));
  },
);

Deno.test("events on another machine name the end of a generation", NEEDS_REDIS, async () => {
  await using stage = await openStage();
  await using redis = await startRedis();
  const [north, south] = twoMachines(stage, redis);
  const terminal = new MemoryTerminal();
  await using _watching = startHere(["events", "--interval", "1h"], { ...south, terminal });
  const events = () =>
    terminal.outText.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
  await waitFor(() => events().length > 0, { what: "the first event" });
  await using generating = generateHere(["--batch", "2"], north);
  await stage.untilWorking(2);
  await waitFor(() => events().some(({ event }) => event === "generation.started"), {
    what: "the start to be told",
  });
  await stage.finish();
  await generating.ended;
  const ended = await waitFor(
    () => events().find(({ event }) => event.startsWith("generation.f")),
    {
      what: "the end to be told",
    },
  );
  assertEquals(ended.outcome, "finished");
});

/** The ID of the only generation that a machine sees running. */
async function idSeenOn(machine: Machine): Promise<string> {
  return await waitFor(async () => {
    const { out } = await runHere(["status", ...JSON_FORMAT], machine);
    const [generation] = readStatus(out).active_generations;
    return generation?.status === "generating" ? generation.session_id : null;
  }, { what: "the other machine to see it at work" });
}

Deno.test("an ID that is not found while Redis is away is not said to be unknown", async () => {
  await using stage = await openStage();
  using closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `redis://127.0.0.1:${closed.addr.port}`;
  closed.close();
  const [north] = twoMachines(stage, { url });
  for (const command of ["wait", "attach", "cancel"]) {
    const { code, err } = await runHere([command, "gen-of-another"], north);
    assertEquals(code, 4, err);
    assertStringIncludes(err, "Error: Cannot read the records of all machines from Redis at ");
  }
  // What does not need Redis continues.
  assertEquals((await runHere(["cancel", "--all"], north)).code, 0);
});
