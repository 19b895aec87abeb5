/** What anybody who can write to the team's Redis may put there: it is not fetched, and it fails nothing. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AppError } from "../../src/errors.ts";
import { type Claim, MAX_CLAIM_MS } from "../../src/generation/claim.ts";
import { LEASE_MS } from "../../src/generation/generation.ts";
import { newClaimId } from "../../src/generation/generation_id.ts";
import { encodeRecord } from "../../src/generation/records/record_codec.ts";
import type { Network } from "../../src/network/network.ts";
import { createNetworkStore } from "../../src/network/network_store.ts";
import type { RedisLink } from "../../src/network/redis_link.ts";
import { openRedisNetwork } from "../../src/network/redis_network.ts";
import { claimDocument } from "../../src/render/status/claim.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { HAS_REDIS, type RedisServer, startRedis } from "../support/redis_server.ts";
import { NOW_MS, sampleRecord } from "../support/sample_records.ts";

/** Far too long for a record, an end or a claim, in bytes. */
const HUGE = 8_000_000;
/** The longest time that Redis takes: 292 million years, in milliseconds. */
const FOREVER_MS = "9000000000000000000";

function redisTest(
  name: string,
  body: (redis: RedisServer, network: Network) => Promise<void>,
): void {
  Deno.test(name, { ignore: !HAS_REDIS }, async () => {
    await using redis = await startRedis();
    await using network = openRedisNetwork({
      url: redis.url,
      prefix: "test:",
      sharesSessions: false,
      clock: new SystemClock(),
      attemptMs: 60_000,
    });
    await body(redis, network);
  });
}

/** How many bytes Redis has sent so far. */
async function sentBy(redis: RedisServer): Promise<number> {
  const stats = await redis.askAll("INFO stats");
  return Number(/total_net_output_bytes:(\d+)/.exec(stats)?.[1]);
}

function claimOf(host: string): Claim {
  const takenAt = Date.now();
  return {
    ...{ id: newClaimId(), name: "nightly", serverUrl: "http://gpu:7801", serverId: null },
    ...{ host, pid: 1, takenAt, expiresAt: takenAt + 60_000 },
  };
}

redisTest(
  "what is too long for a record, an end or a claim is not fetched",
  async (redis, network) => {
    const { store, ends, claims } = network;
    const held = claimOf("north");
    assertEquals(await claims.take(held), null);
    for (const key of ["generation:gen-1", "ended:gen-1", `claim:${held.id}`]) {
      assertEquals(await redis.ask(`SETRANGE test:${key} ${HUGE} x`), `:${HUGE + 1}`);
      assertEquals(await redis.ask(`PEXPIRE test:${key} 60000`), ":1");
    }
    await redis.ask(`ZADD test:generations ${Date.now() + 60_000} gen-1`);

    const before = await sentBy(redis);
    const reading = await store.list();
    assertEquals(reading.answered && reading.publications, []);
    assertEquals(await ends.find("gen-1"), null);
    const listed = await claims.list();
    assertEquals(listed.answered && listed.claims, []);
    // It may hold the server, so nobody else gets it.
    await assertRejects(() => claims.take(claimOf("south")), AppError, "what holds it is none");
    assert(await sentBy(redis) - before < HUGE);
  },
);

redisTest("an id that is too long for one is not fetched", async (redis, { store }) => {
  const fill = `for i = 1, 20 do
    local id = string.rep(i .. 'y', 1000000)
    redis.call('SET', 'test:generation:' .. id, '{}', 'PX', 60000)
    redis.call('ZADD', 'test:generations', ${Date.now() + 60_000}, id)
  end`;
  await redis.ask(`EVAL "${fill.replace(/\s+/g, " ")}" 0`);
  const before = await sentBy(redis);
  const reading = await store.list();
  assertEquals(reading.answered && reading.publications, []);
  assert(await sentBy(redis) - before < 1_000_000);
});

redisTest(
  "a claim that Redis would keep for millions of years is shown",
  async (redis, network) => {
    const { claims } = network;
    const held = claimOf("north");
    assertEquals(await claims.take(held), null);
    const keys = [`claim:${held.id}`, "claimed:address http://gpu:7801"];
    for (const key of keys) await redis.ask(`PEXPIRE "test:${key}" ${FOREVER_MS}`);
    const listed = await claims.list();
    const holder = await claims.take(claimOf("south"));
    assert(listed.answered && holder !== null);
    for (const claim of [...listed.claims, holder]) {
      const nowMs = Date.now();
      const { id, expires_in_seconds: left } = claimDocument(claim, nowMs);
      assertEquals(id, held.id);
      assert(Number(left) * 1000 <= MAX_CLAIM_MS, `${left}`);
    }
    assertEquals(listed.claims.length, 1);
  },
);

for (const left of [-9e18, 9e18, "soon", null]) {
  Deno.test(`a record that lasts ${JSON.stringify(left)} ms more has a date`, async () => {
    const record = sampleRecord();
    const row = [record.id, JSON.stringify(encodeRecord(record)), left];
    const send = () => Promise.resolve([1, row]);
    const link = { address: { shown: "Redis at gpu:6379" }, needs: null, send };
    const reading = await createNetworkStore({
      link: link as unknown as RedisLink,
      prefix: "test:",
      sharesSessions: false,
      clock: new ManualClock(NOW_MS),
    }).list();
    assert(reading.answered);
    const [seen] = reading.publications;
    const ageMs = NOW_MS - (seen?.record.updatedAt ?? NaN);
    assert(ageMs >= 0 && ageMs <= LEASE_MS, `${ageMs}`);
  });
}
