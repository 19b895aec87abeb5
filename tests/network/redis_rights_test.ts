/** What `docs/teams.md` says about rights and TLS is true. */
import { assert, assertEquals } from "@std/assert";
import type { GenerationStore } from "../../src/generation/records/store.ts";
import { openRedisNetwork } from "../../src/network/redis_network.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import { openTlsFront } from "../support/own_ca.ts";
import { HAS_REDIS, startRedis } from "../support/redis_server.ts";
import { sampleRecord } from "../support/sample_records.ts";
import { hasCommand } from "../support/shell.ts";
import { openStage } from "../support/stage.ts";
import { tempDir } from "../support/temp_dir.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

const PAGE = new URL("../../docs/teams.md", import.meta.url);

Deno.test(
  "the rights of the page are enough, and each of them is needed",
  { ignore: !HAS_REDIS },
  async () => {
    const line = /^ACL SETUSER .*$/m.exec(await Deno.readTextFile(PAGE))?.[0] ?? "";
    await using redis = await startRedis();
    assertEquals(await redis.ask(line), "+OK");
    assertEquals(await problemWith(redis.port, { noticeWithinMs: 30_000 }), null);
    for (const right of line.match(/\+\w+/g) ?? []) {
      // These are about databases and quiet hours, which this test does not have, and about the
      // client's own end.
      if (["+select", "+ping", "+unsubscribe"].includes(right)) continue;
      await redis.ask(`ACL SETUSER asset-generator -${right.slice(1)}`);
      const problem = await problemWith(redis.port, { noticeWithinMs: 300 });
      assert(problem !== null, `${right} is not needed`);
      await redis.ask(`ACL SETUSER asset-generator ${right}`);
    }
  },
);

/** Does everything that the tool does with Redis, and says what did not work. */
async function problemWith(
  port: number,
  { noticeWithinMs }: { readonly noticeWithinMs: number },
): Promise<string | null> {
  await using network = openRedisNetwork({
    url: `redis://asset-generator:PASSWORD@127.0.0.1:${port}/0`,
    prefix: "asset-generator:",
    sharesSessions: false,
    clock: new SystemClock(),
  });
  const { store, ends, claims } = network;
  try {
    const record = sampleRecord();
    await store.put({ record, session: null });
    const reading = await store.list();
    if (!reading.answered) return reading.message;
    const seen = reading.publications.map((each) => each.record);
    if (seen.length !== 1) return "no record";
    await store.prune(seen);
    await store.remove(record.id);
    await ends.put({ id: "gen-1", outcome: "failed", endedAt: 0 });
    if (await ends.find("gen-1") === null) return "no end";
    const times = { takenAt: Date.now(), expiresAt: Date.now() + 1_000 };
    const claim = { id: "claim-1", name: "a", ...times, serverId: null, host: null, pid: 1 };
    await claims.take({ ...claim, serverUrl: "http://127.0.0.1:7801" });
    if (!await claims.release("claim-1")) return "no claim";
    return await canWatch(store, noticeWithinMs) ? null : "no notices";
  } catch (error) {
    return `${error}`;
  }
}

async function canWatch(store: GenerationStore, withinMs: number): Promise<boolean> {
  const stop = new AbortController();
  let hasHeard = false;
  // A right that is missing is tried again and again.
  const giveUp = setTimeout(() => stop.abort(), withinMs);
  for await (const _ of store.watch(stop.signal)) {
    hasHeard = true;
    stop.abort();
  }
  clearTimeout(giveUp);
  return hasHeard;
}

Deno.test("rediss: speaks TLS, and trusts who Deno trusts", {
  ignore: !HAS_REDIS || !hasCommand("openssl", "version") || HAS_OWN_PERMISSIONS,
}, async () => {
  await using stage = await openStage();
  await using redis = await startRedis();
  await using directory = await tempDir();
  await using front = await openTlsFront("localhost", { directory, toPort: redis.port });
  const told = async (host: string, env: Readonly<Record<string, string>>): Promise<string> => {
    const url = `rediss://${host}:${front.port}`;
    const { err } = await stage.run(["status", "--verbose", "--redis-url", url], { env });
    return /^All machines' records: .*(?= \()/m.exec(err)?.[0] ?? err;
  };
  for (const host of ["localhost", "127.0.0.1"]) {
    const known = await told(host, { DENO_CERT: front.caFile });
    assertEquals(known, "All machines' records: 0 records, 0 of them running", host);
  }
  const unknown = await told("localhost", {});
  assert(unknown.includes("its TLS certificate is not trusted"), unknown);
});
