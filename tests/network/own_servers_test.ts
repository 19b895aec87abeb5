/** Machines of a team that each have a SwarmUI of their own, at the same address: `localhost`. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openRedisNetwork } from "../../src/network/redis_network.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import { twoMachines } from "../support/machines.ts";
import { runHere } from "../support/program_here.ts";
import { HAS_REDIS, startRedis } from "../support/redis_server.ts";
import { sampleRecord } from "../support/sample_records.ts";
import { openStage } from "../support/stage.ts";
import { readStatus } from "../support/status_json.ts";

const HOUR_MS = 3_600_000;

Deno.test(
  "what a machine generates on its own localhost is no work of another machine's localhost",
  { ignore: !HAS_REDIS },
  async () => {
    await using stage = await openStage();
    await using redis = await startRedis();
    const [, south] = twoMachines(stage, redis);
    await using network = openRedisNetwork({
      url: redis.url,
      prefix: "asset-generator:",
      sharesSessions: false,
      clock: new SystemClock(),
    });
    const look = async () => readStatus((await runHere(["status", "--format", "json"], south)).out);
    // South knows which server it is before and after north has begun.
    await look();
    for (const [id, detached] of [["gen-alive", false], ["gen-detached", true]] as const) {
      const record = sampleRecord({
        ...{ id, host: "north", serverId: "another-server", status: "generating", detached },
        ...{ serverUrl: stage.server.url, startedAt: Date.now() + HOUR_MS, updatedAt: Date.now() },
      });
      await network.store.put({ record, session: null });
    }
    const key = "asset-generator:generation:gen-detached";
    assertEquals(await redis.ask(`PEXPIRE ${key} ${23 * HOUR_MS}`), ":1");
    const seen = await look();
    assertEquals([seen.verdict, seen.active_generations, seen.uncertain_generations], [
      "idle",
      [],
      [],
    ]);
    // Nobody but north's server can tell when it is over.
    assertEquals(await redis.ask(`EXISTS ${key}`), ":1");
    assertStringIncludes(
      (await runHere(["status"], south)).out,
      `Not counted: 2 records of another server, ${stage.server.url} on another machine\n`,
    );
    for (const command of ["wait", "attach"]) {
      const { code, err } = await runHere([command, "gen-alive"], south);
      assertEquals(code, 2, err);
      assertStringIncludes(
        err,
        "the machine that started it says that it is a generation of another",
      );
    }
    const cancelled = await runHere(["cancel", "gen-alive"], south);
    assert(cancelled.code === 2, cancelled.err);
    assertStringIncludes(cancelled.err, "it is a generation of another server");
  },
);
