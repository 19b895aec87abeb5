/** 50 processes wait for one claim, and some are killed: never do two hold it at the same time. */
import { assert, assertEquals } from "@std/assert";
import { runContest } from "../support/claim_contest.ts";
import { HAS_REDIS, startRedis } from "../support/redis_server.ts";
import { tempDir } from "../support/temp_dir.ts";

const FIFTY = { processes: 5, waitersEach: 10, rounds: 20, kills: 3 };

Deno.test("of 50 waiters one has the claim of this user's files, whoever is killed", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(dir.join("state"), { mode: 0o700 });
  const end = await runContest({ ...FIFTY, place: dir.join("state"), log: dir.join("log") });
  assertEquals(end.faults, []);
  assert(end.rounds >= FIFTY.rounds && end.killed === FIFTY.kills);
});

Deno.test(
  "of 50 waiters one has the claim on Redis, whoever is killed or stopped, and whatever the clocks say",
  { ignore: !HAS_REDIS },
  async () => {
    await using dir = await tempDir();
    await using redis = await startRedis();
    const end = await runContest({
      ...FIFTY,
      place: redis.url,
      log: dir.join("log"),
      stops: 1,
      shiftsClocks: true,
    });
    assertEquals(end.faults, []);
    assert(end.rounds >= FIFTY.rounds && end.killed === FIFTY.kills);
  },
);
