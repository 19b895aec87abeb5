/** Counts a program's instructions, which hardly depend on what else the machine does. */
import { median, type Program, run } from "./programs.ts";

/** A way to count on this machine. */
export interface Counter {
  /** For people: the name of the tool that counts. */
  readonly name: string;
  /**
   * Counts the instructions of a program's own code, in millions; `undefined` if it fails while they
   * are counted.
   */
  count(program: Program): Promise<number | undefined>;
}

interface Tool {
  readonly name: string;
  readonly args: readonly string[];
  /** Finds the count in the tool's output on stderr. */
  readonly pattern: RegExp;
  readonly rounds: number;
}

/** The first that works is used. */
const TOOLS: readonly Tool[] = [
  {
    name: "perf",
    args: ["stat", "-x,", "-e", "instructions:u"],
    pattern: /^(\d+),.*instructions:u/m,
    rounds: 5,
  },
  {
    // Twenty times slower, but it needs no counters in the processor.
    name: "valgrind",
    args: [
      "--tool=cachegrind",
      "--cache-sim=no",
      "--cachegrind-out-file=/dev/null",
      "--smc-check=all-non-file",
    ],
    pattern: /I\s+refs:\s+([\d,]+)/,
    rounds: 3,
  },
];

/**
 * Finds a way to count; `null` if there is none here: `perf` needs counters that virtual
 * machines often lack, and valgrind is not everywhere.
 *
 * @param trial A program that should be counted.
 */
export async function findCounter(trial: Program): Promise<Counter | null> {
  for (const tool of TOOLS) {
    if (await countOnce(tool, trial) === null) continue;
    return { name: tool.name, count: (program) => count(tool, program) };
  }
  return null;
}

async function count(tool: Tool, program: Program): Promise<number | undefined> {
  const counts: number[] = [];
  for (let round = 0; round < tool.rounds; round++) {
    const one = await countOnce(tool, program);
    if (one === null) return undefined;
    counts.push(one);
  }
  return median(counts) / 1e6;
}

/** `null` if the tool is missing or cannot count, or the program failed. */
async function countOnce(tool: Tool, program: Program): Promise<number | null> {
  const args = [...tool.args, program.command, ...program.args];
  try {
    const { code, stderr } = await run({ ...program, command: tool.name, args });
    const found = tool.pattern.exec(stderr)?.[1];
    return code !== 0 || found === undefined ? null : Number(found.replaceAll(",", ""));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
