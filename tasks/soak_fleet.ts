/**
 * Several machines and one Redis, in real processes, with the real lease: how soon one machine sees
 * what another one starts, what is left of a machine that lost power, and whether two ever hold a claim
 * at a time while processes are killed and stopped, clocks differ and Redis dies. Exits 1 if anything
 * is wrong.
 *
 * Not among the tests: `soak:fleet [ROUNDS]`, 200 claims in each contest if nothing is said, takes
 * three minutes. Needs `redis-server`, and `--allow-read --allow-write --allow-run --allow-env
 * --allow-sys=hostname --allow-net=127.0.0.1`.
 */
import { type ContestEnd, runContest } from "../tests/support/claim_contest.ts";
import {
  type FleetWorld,
  generateWithoutRedis,
  loseMachine,
  measureNotices,
  startFleetServer,
} from "../tests/support/fleet_world.ts";
import { type RedisServer, startRedis } from "../tests/support/redis_server.ts";
import { type TempDir, tempDir } from "../tests/support/temp_dir.ts";

const ROUNDS = 200;
const NOTICES = 50;
/** The goals, in milliseconds. */
const NOTICE_MS = 200;
const LEASE_MS = 30_000;
const CONTEST = { processes: 5, waitersEach: 10, kills: 10, stops: 5 };

if (import.meta.main) {
  const rounds = Number(Deno.args[0] ?? ROUNDS);
  await using directory = await tempDir();
  const faults = [...await soakMachines(directory), ...await soakClaims(directory, rounds)];
  if (faults.length > 0) Deno.exitCode = 1;
}

async function soakMachines(directory: TempDir): Promise<readonly string[]> {
  await using redis = await startRedis();
  await using server = await startFleetServer(0.05);
  const world: FleetWorld = { server, redis, directory };

  const took = await measureNotices(world, NOTICES);
  const median = took[Math.floor(took.length / 2)] ?? NaN;
  const late = median <= NOTICE_MS ? [] : [`busy after ${median} ms, not ${NOTICE_MS}`];
  tell(
    `busy on the other machine after ${median.toFixed(0)} ms (median of ${NOTICES}; at most ` +
      `${(took.at(-1) ?? NaN).toFixed(0)} ms)`,
    late,
  );

  const hindered = await generateWithoutRedis(world, { processes: 8, images: 4 });
  tell(`8 processes, Redis killed and started again: ${8 - hindered.length} unhindered`, hindered);

  const { shownMs, keptMs } = await loseMachine(world);
  const lasting = [
    // A process must start to see it.
    ...shownMs > LEASE_MS + 2_000 ? [`a lost machine was shown for ${seconds(shownMs)}`] : [],
    ...keptMs > 2 * LEASE_MS ? [`Redis held a lost machine for ${seconds(keptMs)}`] : [],
  ];
  tell(
    `a machine that lost power was shown for ${seconds(shownMs)}, and Redis was empty after ` +
      `${seconds(keptMs)}`,
    lasting,
  );
  return [...late, ...hindered, ...lasting];
}

async function soakClaims(directory: TempDir, rounds: number): Promise<readonly string[]> {
  const state = directory.join("claims");
  await Deno.mkdir(state, { mode: 0o700 });
  const contest = { ...CONTEST, rounds, log: directory.join("log") };
  const ofFiles = await runContest({ ...contest, place: state });
  tell(`claims in files: ${textOf(ofFiles)}`, ofFiles.faults);
  // What it has acknowledged must be there after it was killed.
  const durable = ["--appendonly", "yes", "--appendfsync", "always"];
  await using redis = await startRedis(durable);
  const ofRedis = await runContest({
    ...contest,
    place: redis.url,
    shiftsClocks: true,
    trouble: (count) => harm(redis, count),
  });
  tell(`claims on Redis: ${textOf(ofRedis)}`, ofRedis.faults);
  return [...ofFiles.faults, ...ofRedis.faults];
}

function tell(found: string, faults: readonly string[]): void {
  for (const line of [found, ...faults.map((fault) => `wrong: ${fault}`)]) console.log(line);
}

/** Does one of four things to a Redis, in turn, and makes it whole again. */
async function harm(redis: RedisServer, count: number): Promise<void> {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  switch (count % 4) {
    case 0:
      redis.freeze();
      await pause(2_500);
      return redis.thaw();
    case 1:
      await redis.kill();
      return await redis.restart();
    case 2:
      await redis.ask("CONFIG SET maxmemory 1");
      await pause(500);
      return void await redis.ask("CONFIG SET maxmemory 0");
    default:
      await redis.ask("REPLICAOF 127.0.0.1 1");
      await pause(500);
      return void await redis.ask("REPLICAOF NO ONE");
  }
}

function textOf({ rounds, killed, stopped, troubles, failures, faults }: ContestEnd): string {
  return `${rounds} taken by 50 waiters, ${killed} killed, ${stopped} stopped, ${troubles} troubles, ` +
    `${failures} attempts failed; ${faults.length} times two holders`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
