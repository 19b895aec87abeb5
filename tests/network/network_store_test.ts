/** The network scope on a real Redis: what two machines see of each other. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AppError } from "../../src/errors.ts";
import { LEASE_MS } from "../../src/generation/generation.ts";
import type { Publication, StoreReading } from "../../src/generation/records/store.ts";
import type { Network } from "../../src/network/network.ts";
import { openRedisNetwork } from "../../src/network/redis_network.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import { HAS_REDIS, type RedisServer, startRedis } from "../support/redis_server.ts";
import { sampleRecord, sampleSession } from "../support/sample_records.ts";
import { ShiftedClock } from "../support/shifted_clock.ts";
import { waitFor } from "../support/wait_for.ts";

const HOUR_MS = 3_600_000;

function connect(redis: RedisServer, more: {
  readonly clock?: SystemClock;
  readonly sharesSessions?: boolean;
  readonly url?: string;
  readonly attemptMs?: number;
} = {}): Network {
  const { clock = new SystemClock(), sharesSessions = false, url = redis.url } = more;
  return openRedisNetwork({
    url,
    prefix: "test:",
    sharesSessions,
    clock,
    attemptMs: more.attemptMs ?? 60_000,
  });
}

function publicationsOf(reading: StoreReading): readonly Publication[] {
  assert(reading.answered, JSON.stringify(reading));
  assertEquals(reading.problems, []);
  return reading.publications;
}

async function idsIn({ store }: Network): Promise<readonly string[]> {
  return publicationsOf(await store.list()).map(({ record }) => record.id).sort();
}

function redisTest(name: string, body: (redis: RedisServer) => Promise<void>): void {
  Deno.test(name, { ignore: !HAS_REDIS }, async () => {
    await using redis = await startRedis();
    await body(redis);
  });
}

redisTest("a record is seen by another machine until it is removed", async (redis) => {
  await using here = connect(redis);
  await using there = connect(redis);
  const record = sampleRecord({ updatedAt: Date.now(), startedAt: Date.now() - 1_000 });
  await here.store.put({ record, session: sampleSession("a") });
  const [seen] = publicationsOf(await there.store.list());
  assertEquals({ ...seen?.record, startedAt: 0, updatedAt: 0 }, {
    ...record,
    startedAt: 0,
    updatedAt: 0,
  });
  assertEquals(seen?.session, null);
  await here.store.remove(record.id);
  assertEquals(await idsIn(there), []);
  assertEquals(await redis.keys(), []);
});

redisTest("times are those of the machine that reads, whatever its clock says", async (redis) => {
  const ahead = new ShiftedClock(HOUR_MS);
  await using here = connect(redis, { clock: ahead });
  await using there = connect(redis);
  const nowMs = ahead.now();
  await here.store.put({
    record: sampleRecord({ startedAt: nowMs - 60_000, updatedAt: nowMs }),
    session: null,
  });
  const [seen] = publicationsOf(await there.store.list());
  assert(seen !== undefined);
  const { startedAt, updatedAt } = seen.record;
  assertEquals(updatedAt - startedAt, 60_000);
  // This does not measure a duration: if it went wrong, it would be an hour.
  assert(Math.abs(Date.now() - updatedAt) < LEASE_MS);
});

redisTest("no session leaves this machine unless both sides want it", async (redis) => {
  await using quiet = connect(redis);
  await using open = connect(redis, { sharesSessions: true });
  const publication = { record: sampleRecord(), session: sampleSession("shared") };
  await quiet.store.put(publication);
  const stored = await redis.askAll("GET test:generation:gen-abc123");
  assert(stored.includes("gen-abc123") && !stored.includes("secret"), stored);
  await open.store.put(publication);
  assertEquals(publicationsOf(await quiet.store.list())[0]?.session, null);
  const [seen] = publicationsOf(await open.store.list());
  assertEquals(seen?.session?.reveal(), "secret-shared");
});

redisTest("all that is stored has an expiry of a lease, the index too", async (redis) => {
  await using here = connect(redis);
  await here.store.put({ record: sampleRecord(), session: null });
  await here.ends.put({ id: "gen-old", outcome: "finished", endedAt: Date.now() });
  const keys = await redis.keys();
  assertEquals(keys, ["test:ended:gen-old", "test:generation:gen-abc123", "test:generations"]);
  for (const key of keys) {
    const left = Number((await redis.ask(`PTTL ${key}`)).slice(1));
    assert(left > 0 && left <= LEASE_MS, `${key}: ${left}`);
  }
});

redisTest("the index forgets what has run out", async (redis) => {
  await using here = connect(redis);
  await here.store.put({ record: sampleRecord({ id: "gen-dead" }), session: null });
  // Its machine lost power as long ago as a lease lasts.
  await redis.ask("ZADD test:generations 1 gen-dead");
  await redis.ask("DEL test:generation:gen-dead");
  await here.store.put({ record: sampleRecord({ id: "gen-live" }), session: null });
  assertEquals(await idsIn(here), ["gen-live"]);
  assertEquals(await redis.ask("ZCARD test:generations"), ":1");
});

redisTest("prune() removes what is as it was seen, and nothing that was renewed", async (redis) => {
  await using owner = connect(redis);
  await using other = connect(redis);
  await owner.store.put({ record: sampleRecord({ progress: 0.1 }), session: null });
  const [old] = publicationsOf(await other.store.list());
  assert(old !== undefined);
  await owner.store.put({ record: sampleRecord({ progress: 0.2 }), session: null });
  await other.store.prune([old.record]);
  const [renewed] = publicationsOf(await other.store.list());
  assert(renewed !== undefined);
  await other.store.prune([renewed.record]);
  assertEquals(await idsIn(other), []);
});

redisTest("how a generation ended can be asked on another machine", async (redis) => {
  await using here = connect(redis);
  await using there = connect(redis);
  const endedAt = Date.UTC(2026, 0, 1);
  await here.ends.put({ id: "gen-1", outcome: "cancelled", endedAt });
  assertEquals(await there.ends.find("gen-1"), { id: "gen-1", outcome: "cancelled", endedAt });
  assertEquals(await there.ends.find("gen-2"), null);
  assertEquals(await there.ends.find("../x"), null);
});

redisTest("watch() ends although a change comes with its end", async (redis) => {
  await using here = connect(redis);
  const stop = new AbortController();
  let notices = 0;
  for await (const _ of here.store.watch(stop.signal)) {
    notices++;
    await redis.ask("PUBLISH test:changes x");
    await here.store.list();
    stop.abort();
  }
  assertEquals(notices, 1);
});

redisTest(
  "watch() tells of changes on other machines, again after Redis was away",
  async (redis) => {
    await using here = connect(redis);
    await using there = connect(redis);
    const stop = new AbortController();
    let changes = 0;
    const watching = (async () => {
      for await (const _ of there.store.watch(stop.signal)) changes++;
    })();
    await waitFor(() => changes > 0, { what: "the first look" });
    let seen = changes;
    await here.store.put({ record: sampleRecord(), session: null });
    await waitFor(() => changes > seen, { what: "a notice of the record" });
    await redis.kill();
    await redis.restart();
    await waitFor(async () => await redis.ask("PUBLISH test:changes x") === ":1", {
      what: "it to listen again",
    });
    seen = changes;
    await waitFor(
      () => here.store.remove("gen-abc123").then(() => true, () => false),
      { what: "the connection to be back" },
    );
    await waitFor(() => changes > seen, { what: "a notice of the removal" });
    stop.abort();
    await watching;
  },
);

redisTest(
  "foreign and huge entries are told or passed over, and cost no other record",
  async (redis) => {
    await using here = connect(redis);
    await here.store.put({ record: sampleRecord({ id: "gen-good" }), session: null });
    const far = Date.now() + HOUR_MS;
    for (const id of ["gen-text", "gen-list", "gen-huge"]) {
      await redis.ask(`ZADD test:generations ${far} ${id}`);
    }
    await redis.ask("SET test:generation:gen-text hello PX 30000");
    await redis.ask("RPUSH test:generation:gen-list x");
    await redis.ask("PEXPIRE test:generation:gen-list 30000");
    await redis.ask(`SETRANGE test:generation:gen-huge 20000 x`);
    await redis.ask("PEXPIRE test:generation:gen-huge 30000");
    const reading = await here.store.list();
    assert(reading.answered);
    assertEquals(reading.publications.map(({ record }) => record.id), ["gen-good"]);
    assertEquals(reading.problems, ['Record "gen-text" is nothing, not an object']);
  },
);

redisTest("two databases and two prefixes are two teams", async (redis) => {
  await using here = connect(redis);
  await using database = connect(redis, { url: `${redis.url}/3` });
  await using prefix = openRedisNetwork({
    url: redis.url,
    prefix: "other:",
    sharesSessions: false,
    clock: new SystemClock(),
  });
  await here.store.put({ record: sampleRecord(), session: null });
  assertEquals(await idsIn(database), []);
  assertEquals(await idsIn(prefix), []);
  assertEquals(database.store.location, `Redis at 127.0.0.1:${redis.port}, database 3`);
});

redisTest("what a Redis that hung finds in its socket afterwards is not done", async (redis) => {
  await using here = connect(redis, { attemptMs: 1_000 });
  await here.store.put({ record: sampleRecord({ id: "gen-before" }), session: null });
  redis.freeze();
  await assertRejects(
    () => here.store.put({ record: sampleRecord({ id: "gen-late" }), session: null }),
    AppError,
    `Cannot share this generation by Redis at 127.0.0.1:${redis.port}: no answer in 1 s`,
  );
  redis.thaw();
  await waitFor(
    () =>
      here.store.put({ record: sampleRecord({ id: "gen-back" }), session: null })
        .then(() => true, () => false),
    { what: "the connection to be back" },
  );
  assertEquals(await idsIn(here), ["gen-back", "gen-before"]);
});

redisTest("8 processes with 50 changes each lose none", async (redis) => {
  const writer = new URL("../support/network_writer.ts", import.meta.url).pathname;
  const names = Array.from({ length: 8 }, (_, index) => `writer-${index}`);
  const writers = names.map((name) => {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-prompt",
        "--allow-net=127.0.0.1",
        writer,
        redis.url,
        name,
        "50",
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    return { process, reader: process.stdout.getReader() };
  });
  await using here = connect(redis);
  await Promise.all(writers.map(({ reader }) => reader.read()));
  const ids = names.flatMap((name) => Array.from({ length: 50 }, (_, index) => `${name}-${index}`));
  assertEquals(await idsIn(here), ids.sort());
  for (const { process, reader } of writers) {
    await process.stdin.close();
    while (!(await reader.read()).done);
    assertEquals((await process.status).code, 0);
  }
  assertEquals(await idsIn(here), []);
  assertEquals(await redis.keys(), []);
});

redisTest(
  "a machine that lost power is gone when its lease is, with all that it kept",
  async (redis) => {
    await using here = connect(redis);
    await here.store.put({ record: sampleRecord(), session: null });
    await here.ends.put({ id: "gen-old", outcome: "finished", endedAt: Date.now() });
    // Instead of waiting for a lease that nobody renews: everything that expires does so now.
    for (const key of await redis.keys()) {
      assertEquals(await redis.ask(`PEXPIRE ${key} 1`), ":1");
    }
    await waitFor(async () => (await redis.keys()).length === 0, { what: "all to be gone" });
    assertEquals(await idsIn(here), []);
  },
);
