/**
 * Many waiters, in processes that are killed and stopped, want one claim; their log shows whether two
 * ever held it at a time.
 */
import { waitFor } from "./wait_for.ts";

const WAITER = new URL("./claim_waiter.ts", import.meta.url).pathname;
const HOUR_MS = 3_600_000;

/** What is wanted of a contest. */
export interface Contest {
  /** The address of a Redis, or a directory. */
  readonly place: string;
  /** Where the log is written. */
  readonly log: string;
  readonly processes: number;
  readonly waitersEach: number;
  /** So many claims are taken at least. */
  readonly rounds: number;
  /** So many processes are killed while they hold the claim, at least. */
  readonly kills: number;
  /** So many are stopped for longer than a claim lasts. @default {0} */
  readonly stops?: number;
  /** Whether each process has a clock an hour from the next one's. @default {false} */
  readonly shiftsClocks?: boolean;
  /** What happens to the place now and then. @default {nothing} */
  readonly trouble?: (count: number) => Promise<void>;
}

/** What came of it. */
export interface ContestEnd {
  /** How many claims were taken. */
  readonly rounds: number;
  readonly killed: number;
  readonly stopped: number;
  readonly troubles: number;
  /** Attempts that failed, such as while Redis was away. */
  readonly failures: number;
  /** Who took the claim from whom, one line each. */
  readonly faults: readonly string[];
}

/** How long a claim lasts that its holder does not live to give back, in milliseconds. */
export const CLAIM_LASTS_MS = 1_000;

/** Runs the contest to its end; all its processes are then over. */
export async function runContest(contest: Contest): Promise<ContestEnd> {
  const { log, rounds: wanted, kills, stops = 0, trouble } = contest;
  await Deno.writeTextFile(log, "");
  const processes = new Map<number, Deno.ChildProcess>();
  let started = 0;
  const start = (): void => {
    const shiftMs = contest.shiftsClocks ? (started++ % 3 - 1) * HOUR_MS : 0;
    const process = spawn(contest, shiftMs);
    processes.set(process.pid, process);
  };
  for (let index = 0; index < contest.processes; index++) start();
  let [killed, stopped, troubles] = [0, 0, 0];
  let isStopped = false;
  try {
    await waitFor(async () => {
      const entries = await readLog(log);
      const rounds = entries.filter(({ what }) => what === "taken").length;
      // Spread over the rounds, and only once whoever holds it is caught while it does.
      const holder = holderNow(entries);
      const process = holder === null ? undefined : processes.get(holder.pid);
      if (process !== undefined && killed < kills && rounds * kills >= wanted * killed) {
        killed++;
        process.kill("SIGKILL");
        await process.status;
        processes.delete(process.pid);
        start();
      } else if (process !== undefined && !isStopped && stopped < stops) {
        stopped++;
        isStopped = true;
        process.kill("SIGSTOP");
        setTimeout(() => {
          isStopped = false;
          if (processes.has(process.pid)) process.kill("SIGCONT");
        }, 2 * CLAIM_LASTS_MS);
      }
      if (trouble !== undefined && rounds >= 10 * (troubles + 1)) await trouble(troubles++);
      return rounds >= wanted && killed >= kills && stopped >= stops && !isStopped;
    }, {
      what: `${wanted} rounds, ${kills} kills and ${stops} stops`,
      timeoutMs: 60_000 + 400 * wanted,
    });
  } finally {
    for (const process of processes.values()) {
      process.kill("SIGKILL");
      await process.status;
    }
  }
  const entries = await readLog(log);
  return {
    rounds: entries.filter(({ what }) => what === "taken").length,
    ...{ killed, stopped, troubles },
    failures: entries.filter(({ what }) => what === "failed").length,
    faults: faultsOf(entries),
  };
}

function spawn({ place, log, waitersEach }: Contest, shiftMs: number): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "-A",
      WAITER,
      place,
      log,
      `${waitersEach}`,
      `${shiftMs}`,
    ],
    stdin: "null",
  }).spawn();
}

/** A line of the log. Times are those of the real clock, in epoch milliseconds. */
interface Entry {
  readonly pid: number;
  readonly id: string;
  readonly what: "taken" | "over" | "failed";
  readonly atMs: number;
  readonly expiresAt: number;
}

async function readLog(path: string): Promise<readonly Entry[]> {
  const lines = (await Deno.readTextFile(path)).split("\n").slice(0, -1);
  return lines.map((line) => {
    const [pid, id = "", what, atMs, expiresAt] = line.split(" ");
    return {
      pid: Number(pid),
      id,
      what: what as Entry["what"],
      atMs: Number(atMs),
      expiresAt: Number(expiresAt),
    };
  });
}

function holderNow(entries: readonly Entry[]): Entry | null {
  const last = entries.findLast(({ what }) => what !== "failed");
  return last?.what === "taken" ? last : null;
}

/** Whoever takes it does so after the holder before had let it go, or after that one's time. */
function faultsOf(entries: readonly Entry[]): readonly string[] {
  const faults: string[] = [];
  let holder: Entry | null = null;
  for (const entry of entries) {
    if (entry.what === "failed") continue;
    if (entry.what === "over") {
      if (holder?.id === entry.id) holder = null;
      continue;
    }
    if (holder !== null && entry.atMs < holder.expiresAt) {
      faults.push(
        `${entry.id} took it from ${holder.id} ${holder.expiresAt - entry.atMs} ms early`,
      );
    }
    holder = entry;
  }
  return faults;
}
