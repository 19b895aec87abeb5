/** What another program has put into the keys of this tool keeps nobody from a claim or a record. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AppError } from "../../src/errors.ts";
import type { Claim } from "../../src/generation/claim.ts";
import { openRedisNetwork } from "../../src/network/redis_network.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import { HAS_REDIS, type RedisServer, startRedis } from "../support/redis_server.ts";
import { sampleRecord } from "../support/sample_records.ts";

const NEEDS_REDIS = { ignore: !HAS_REDIS };
const CLAIM = "test:claim:claim-a";

function open(redis: RedisServer): ReturnType<typeof openRedisNetwork> {
  return openRedisNetwork({
    url: `redis://127.0.0.1:${redis.port}`,
    prefix: "test:",
    sharesSessions: false,
    clock: new SystemClock(),
  });
}

function hourLong(): Claim {
  const takenAt = Date.now();
  return {
    ...{ id: "claim-a", name: "nightly", serverUrl: "http://gpu:7801", serverId: null },
    ...{ host: "here", pid: 1, takenAt, expiresAt: takenAt + 3_600_000 },
  };
}

Deno.test("a claim that names no keys of a server is given back", NEEDS_REDIS, async () => {
  await using redis = await startRedis();
  await using network = open(redis);
  await redis.ask("ZADD test:set 1 x");
  for (const keys of [[[1]], [null], ["test:set"], { a: 1 }]) {
    await redis.ask(`SET ${CLAIM} '${JSON.stringify({ keys })}'`);
    assertEquals(await network.claims.release("claim-a"), true);
    assertEquals(await redis.ask(`EXISTS ${CLAIM}`), ":0");
  }
});

Deno.test("a claim that could not be listed does not stay", NEEDS_REDIS, async () => {
  await using redis = await startRedis();
  await using network = open(redis);
  await redis.ask("SET test:claims x");
  await assertRejects(() => network.claims.take(hourLong()), AppError, "WRONGTYPE");
  await network.claims.release("claim-a");
  assertEquals(await redis.ask(`EXISTS ${CLAIM} test:claims`), ":1");
});

Deno.test(
  "a claim that somebody made last for ever has no end, and can be given back",
  NEEDS_REDIS,
  async () => {
    await using redis = await startRedis();
    await using network = open(redis);
    assertEquals(await network.claims.take(hourLong()), null);
    assertEquals(await redis.ask(`PERSIST ${CLAIM}`), ":1");
    for (const key of (await redis.keys()).filter((one) => one.startsWith("test:claimed:"))) {
      assertEquals(await redis.ask(`PERSIST "${key}"`), ":1");
    }
    const reading = await network.claims.list();
    assertEquals(reading.answered && reading.claims.map(({ expiresAt }) => expiresAt), [Infinity]);
    const holder = await network.claims.take({ ...hourLong(), id: "claim-b" });
    assertEquals([holder?.id, holder?.expiresAt], ["claim-a", Infinity]);
    assertEquals(await network.claims.release("claim-a"), true);
    assertEquals(await network.claims.take({ ...hourLong(), id: "claim-b" }), null);
  },
);

Deno.test("a record that somebody made last for ever is no generation", NEEDS_REDIS, async () => {
  await using redis = await startRedis();
  await using network = open(redis);
  await network.store.put({ record: sampleRecord({ id: "gen-a" }), session: null });
  assertEquals(await redis.ask("PERSIST test:generation:gen-a"), ":1");
  const reading = await network.store.list();
  assertEquals(reading.answered && [reading.publications, reading.problems], [[], []]);
});

Deno.test("a list that somebody made last for ever takes entries", NEEDS_REDIS, async () => {
  await using redis = await startRedis();
  await using network = open(redis);
  for (const index of ["test:claims", "test:generations"]) {
    await redis.ask(`ZADD ${index} +inf x`);
    assertEquals(await redis.ask(`PEXPIRE ${index} 900000000000000000`), ":1");
  }
  assertEquals(await network.claims.take(hourLong()), null);
  await network.store.put({ record: sampleRecord(), session: null });
  const reading = await network.store.list();
  assert(reading.answered && reading.publications.length === 1);
});
