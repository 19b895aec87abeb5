/**
 * Two machines with one Redis in real processes and real time: what is measured there, and what goes
 * wrong when machines and Redis die.
 */
import { createAdapters } from "../../src/adapters.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { trackGeneration } from "../../src/generation/records/tracker.ts";
import { environmentLayer, resolveSettings } from "../../src/cli/settings.ts";
import { readSecretFile } from "../../src/settings/secret_file.ts";
import { SystemClock } from "../../src/system/system_clock.ts";
import type { CliOptions } from "./cli_process.ts";
import { runCli, startCli } from "./cli_process.ts";
import type { RedisServer } from "./redis_server.ts";
import type { TempDir } from "./temp_dir.ts";
import { testContext } from "./test_context.ts";
import { waitFor } from "./wait_for.ts";

/** What the other machine is left in peace before a generation begins, in milliseconds. */
const QUIET_MS = 400;
/** How long a busy machine may take, in milliseconds. */
const PATIENCE_MS = 180_000;
const MODEL = "tiny.safetensors";

/** Two machines: what one keeps for itself the other cannot see. */
export interface FleetWorld {
  readonly server: Simulator;
  readonly redis: RedisServer;
  readonly directory: TempDir;
}

/** Starts the server of such a world. */
export function startFleetServer(secondsPerStep: number): Promise<Simulator> {
  return startSimulator({
    models: [{ name: MODEL }],
    backends: Array.from({ length: 4 }, () => ({ model: MODEL })),
    secondsPerStep,
  });
}

/** Where and as whom a process runs on one of the machines. */
export function onMachine(
  { server, redis, directory }: FleetWorld,
  name: "north" | "south",
): CliOptions & { readonly cwd: string; readonly env: Readonly<Record<string, string>> } {
  const home = directory.join(name);
  Deno.mkdirSync(`${home}/work`, { recursive: true });
  return {
    cwd: `${home}/work`,
    env: {
      HOME: home,
      XDG_STATE_HOME: `${home}/state`,
      ASSET_GENERATOR_STATE_DIR: `${home}/state/asset-generator`,
      ASSET_GENERATOR_API_URL: server.url,
      ASSET_GENERATOR_REDIS_URL: redis.url,
      ASSET_GENERATOR_REQUEST_TIMEOUT: "1m",
    },
  };
}

/**
 * Measures how long it takes from the moment when a generation of one machine is announced until
 * `status --watch` on the other one says busy.
 *
 * @returns Milliseconds, sorted.
 */
export async function measureNotices(world: FleetWorld, times: number): Promise<readonly number[]> {
  const north = onMachine(world, "north");
  const args = ["status", "--watch", "--interval", "1h", "--format", "json"];
  await using watching = startCli(args, onMachine(world, "south"));
  await using open = new AsyncDisposableStack();
  const context = testContext({ env: north.env, clock: new SystemClock(), host: "north" });
  const { clock } = context;
  const environment = context.environment;
  const adapters = createAdapters({ environment, clock, open, warn: console.log });
  const settings = await resolveSettings({}, {
    environment: environmentLayer(environment),
    stateFile: `${north.cwd}/.asset-generator-state.json`,
    readSecretFile,
  });
  const parts = {
    stores: await adapters.stores(settings),
    locks: await adapters.ownerLocks(),
    ends: null,
    clock,
    host: "north",
    pid: Deno.pid,
    warn: console.log,
  };
  const took: number[] = [];
  const untilSaid = async (verdict: string): Promise<void> => {
    while (JSON.parse(await watching.nextLine()).verdict !== verdict);
  };
  await untilSaid("idle");
  for (let count = 0; count < times; count++) {
    // A watch does not look twice within 250 ms because of records.
    await clock.sleep(QUIET_MS);
    const startedMs = performance.now();
    const tracked = await trackGeneration({ serverUrl: world.server.url, imagesTotal: 1 }, parts);
    await untilSaid("busy");
    took.push(performance.now() - startedMs);
    await tracked.finish();
    await untilSaid("idle");
  }
  return took.sort((a, b) => a - b);
}

/**
 * Kills a process that generates, as a power cut does, and measures how long the other machine still
 * shows its record, and how long Redis holds anything of it.
 */
export async function loseMachine(
  world: FleetWorld,
): Promise<{ readonly shownMs: number; readonly keptMs: number }> {
  const args = ["generate", "image", "-p", "lost", "--steps", "500", "--batch", "16"];
  await using generating = startCli(args, onMachine(world, "north"));
  const south = onMachine(world, "south");
  const isShown = async (): Promise<boolean> => {
    const { out } = await runCli(["status", "--get", "active_generations[].pid"], south);
    return out.split("\n").includes(`${generating.process.pid}`);
  };
  await waitFor(isShown, { what: "the other machine to see it", timeoutMs: PATIENCE_MS });
  generating.process.kill("SIGKILL");
  const lostMs = performance.now();
  await waitFor(async () => !await isShown(), { what: "its record to be gone" });
  const shownMs = performance.now() - lostMs;
  await waitFor(async () => (await world.redis.keys()).length === 0, { what: "Redis to be empty" });
  return { shownMs, keptMs: performance.now() - lostMs };
}

/**
 * Generates in many processes on both machines while Redis is killed and started again.
 *
 * @returns What is wrong, one line each.
 */
export async function generateWithoutRedis(
  world: FleetWorld,
  { processes, images }: { readonly processes: number; readonly images: number },
): Promise<readonly string[]> {
  const { redis, server } = world;
  const faults: string[] = [];
  const runs = Array.from({ length: processes }, async (_, index) => {
    const machine = onMachine(world, index % 2 === 0 ? "north" : "south");
    const out = `out-${index}`;
    const args = ["generate", "image", "-p", `run ${index}`, "--model", "tiny", "--steps", "20"];
    const saving = ["--batch", `${images}`, "--save-images", "--output-dir", out];
    const { code, err } = await runCli([...args, ...saving], machine);
    const saved = await countFiles(`${machine.cwd}/${out}`);
    if (code !== 0 || saved !== images) {
      faults.push(`run ${index} ended with ${code} and ${saved} of ${images} pictures: ${err}`);
    }
    const warnings = err.split("\n").filter((line) => line.includes(" by Redis at "));
    if (warnings.length > 1) faults.push(`run ${index} warned ${warnings.length} times: ${err}`);
  });
  await server.until(({ live_gens }) => live_gens > 0);
  await redis.kill();
  await waitFor(() => server.counters.waiting_gens < processes * images / 2, {
    what: "half of the pictures",
  });
  await redis.restart();
  await Promise.all(runs);
  return faults;
}

async function countFiles(path: string): Promise<number> {
  try {
    return (await Array.fromAsync(Deno.readDir(path))).length;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}
