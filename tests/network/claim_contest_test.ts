/** 50 who wait for one claim, in processes that are killed: never two hold it at a time. */
import { assert } from "@std/assert";
import { HAS_REDIS, startRedis } from "../support/redis_server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { waitFor } from "../support/wait_for.ts";

const WAITER = new URL("../support/claim_waiter.ts", import.meta.url).pathname;
const PROCESSES = 5;
const WAITERS = 10;
const ROUNDS = 20;

Deno.test("of 50 waiters one has the claim of this user's files, whoever is killed", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(dir.join("state"), { mode: 0o700 });
  await contest(dir.join("state"), dir.join("log"));
});

Deno.test(
  "of 50 waiters one has the claim on Redis, whoever is killed",
  { ignore: !HAS_REDIS },
  async () => {
    await using dir = await tempDir();
    await using redis = await startRedis();
    await contest(redis.url, dir.join("log"));
  },
);

async function contest(place: string, log: string): Promise<void> {
  await Deno.writeTextFile(log, "");
  const spawn = (): Deno.ChildProcess =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "-A", WAITER, place, log, `${WAITERS}`],
      stdin: "null",
    }).spawn();
  const processes = new Map<number, Deno.ChildProcess>();
  for (let index = 0; index < PROCESSES; index++) {
    const process = spawn();
    processes.set(process.pid, process);
  }
  try {
    let kills = 0;
    await waitFor(async () => {
      const entries = await readLog(log);
      const rounds = entries.filter(({ what }) => what === "taken").length;
      const last = entries.at(-1);
      // Every fifth round whoever holds it dies, if it is caught while it does.
      if (kills < 3 && rounds >= 5 * (kills + 1) && last?.what === "taken") {
        const holder = processes.get(last.pid);
        if (holder !== undefined) {
          kills++;
          holder.kill("SIGKILL");
          await holder.status;
          processes.delete(last.pid);
          const next = spawn();
          processes.set(next.pid, next);
        }
      }
      return rounds >= ROUNDS && kills === 3;
    }, { what: `${ROUNDS} rounds and 3 kills` });
  } finally {
    for (const process of processes.values()) {
      process.kill("SIGKILL");
      await process.status;
    }
  }
  assertOneHolder(await readLog(log));
}

interface Entry {
  readonly pid: number;
  readonly id: string;
  readonly what: string;
  readonly atMs: number;
  readonly expiresAt: number;
}

async function readLog(path: string): Promise<readonly Entry[]> {
  const lines = (await Deno.readTextFile(path)).split("\n").slice(0, -1);
  return lines.map((line) => {
    const [pid, id = "", what = "", atMs, expiresAt] = line.split(" ");
    return { pid: Number(pid), id, what, atMs: Number(atMs), expiresAt: Number(expiresAt) };
  });
}

/** Whoever takes it does so after the holder before had let it go, or after that one's time. */
function assertOneHolder(entries: readonly Entry[]): void {
  let holder: Entry | null = null;
  for (const entry of entries) {
    if (entry.what === "over") {
      if (holder?.id === entry.id) holder = null;
      continue;
    }
    const isFree = holder === null || entry.atMs >= holder.expiresAt;
    assert(isFree, `${entry.id} took it from ${holder?.id}`);
    holder = entry;
  }
}
