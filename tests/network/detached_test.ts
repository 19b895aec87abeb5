/** Other machines know of a detached generation exactly as long as it runs. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { WHOLE_INTERVAL_MS } from "../../src/cli/attach/whole_server.ts";
import { twoMachines } from "../support/machines.ts";
import { generateHere, runHere, startHere } from "../support/program_here.ts";
import { HAS_REDIS, startRedis } from "../support/redis_server.ts";
import { HastyClock } from "../support/shifted_clock.ts";
import { openStage } from "../support/stage.ts";
import { readStatus } from "../support/status_json.ts";
import { waitFor } from "../support/wait_for.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

for (const isShared of [true, false]) {
  const how = isShared ? "shared" : "not shared";
  Deno.test(
    `a detached generation stays known on another machine: sessions are ${how}`,
    { ignore: !HAS_REDIS },
    async () => {
      await using stage = await openStage();
      await using redis = await startRedis();
      const [north, south] = twoMachines(stage, redis, {
        ASSET_GENERATOR_REDIS_SHARE_SESSIONS: `${isShared}`,
      });
      await using generating = generateHere(["--batch", "2", "--detach"], north);
      await stage.untilWorking(2);
      const { code, out, err } = await generating.ended;
      assertEquals(code, 0, err);
      const { session_id: id } = JSON.parse(out);
      // More than a lease later.
      const key = `asset-generator:generation:${id}`;
      assertEquals(await redis.ask(`PEXPIRE ${key} ${DAY_MS - 60_000}`), ":1");

      const look = async (): Promise<ReturnType<typeof readStatus>> =>
        readStatus((await runHere(["status", "--format", "json"], south)).out);
      const seen = await look();
      assertEquals(seen.verdict, "busy");
      const known = isShared ? seen.active_generations : seen.uncertain_generations;
      assertEquals(known.map(({ session_id }) => session_id), [id]);
      const clock = new HastyClock([250, 1_000, WHOLE_INTERVAL_MS], HOUR_MS);
      await using following = startHere(["wait", id, "--format", "json"], { ...south, clock });
      let isOver = false;
      void following.ended.then(() => isOver = true);
      // Far longer than pictures are looked for that should be there.
      const startedMs = clock.monotonicMs();
      await waitFor(() => isOver || clock.monotonicMs() - startedMs > 20_000, {
        what: "the time to pass",
      });
      assertEquals(isOver, false, "it ended before the generation did");
      assertEquals((await look()).verdict, "busy");
      await stage.finish();
      // The owner's machine is not needed to notice the end.
      assertEquals((await look()).verdict, "idle");
      assertEquals(
        (await redis.keys()).filter((one) => !one.startsWith("asset-generator:ended:")),
        [],
      );
      await waitFor(() => isOver, { what: "wait ID to end" });
      const waited = await following.ended;
      assertEquals(waited.code, 0, waited.err);
      assertStringIncludes(waited.out, id);
    },
  );
}

Deno.test(
  "a generation that another machine no longer tells of is not noted as failed",
  { ignore: !HAS_REDIS },
  async () => {
    await using stage = await openStage();
    await using redis = await startRedis();
    const [north, south] = twoMachines(stage, redis);
    await using generating = generateHere(["--batch", "2", "--detach"], north);
    await stage.untilWorking(2);
    const { session_id: id } = JSON.parse((await generating.ended).out);
    const key = `asset-generator:generation:${id}`;
    assertEquals(await redis.ask(`PEXPIRE ${key} ${DAY_MS - 60_000}`), ":1");
    const clock = new HastyClock([250, WHOLE_INTERVAL_MS], HOUR_MS);
    await using following = startHere(["wait", id], { ...south, clock });
    await stage.untilAsked("ListImages");
    assertEquals(await redis.ask(`DEL ${key}`), ":1");
    const first = await following.ended;
    assertEquals(
      [first.code, first.err],
      [
        4,
        `Error: Cannot tell how ${id} ended: nothing is heard of the machine that started it, and not ` +
        "all of its pictures are on the server (the server may be working on it)\n",
      ],
    );
    const second = await runHere(["wait", id], south);
    assertEquals(second.code, 2, second.err);
    assertStringIncludes(second.err, "no generation of this user with that ID");
  },
);

Deno.test(
  "who waits for a generation of another machine tells how it ended, if nobody else can",
  { ignore: !HAS_REDIS },
  async () => {
    await using stage = await openStage();
    await using redis = await startRedis();
    const [north, south] = twoMachines(stage, redis);
    await using generating = generateHere(["--batch", "2", "--detach"], north);
    await stage.untilWorking(2);
    const { session_id: id } = JSON.parse((await generating.ended).out);
    const key = `asset-generator:generation:${id}`;
    assertEquals(await redis.ask(`PEXPIRE ${key} ${DAY_MS - 60_000}`), ":1");
    await using following = startHere(["wait", id], south);
    await stage.untilAsked("ListImages");
    await stage.finish();
    // As somebody does who looks first.
    assertEquals(await redis.ask(`DEL ${key}`), ":1");
    const { code, err } = await following.ended;
    assertEquals(code, 0, err);
    assertEquals(await redis.ask(`EXISTS asset-generator:ended:${id}`), ":1");
  },
);
