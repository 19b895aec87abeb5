/** Runs programs, and times them side by side. */

/** A program to run. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | URL;
}

/** The result of a program. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Needs `--allow-run`. */
export async function run(program: Program): Promise<Ended> {
  const { command, args, env, cwd } = program;
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { ...env },
    cwd,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** What a program costs. */
export interface Cost {
  /** From its start to its end, in milliseconds. */
  readonly wallMs: number;
  /** Of all its threads and children, user and system, in milliseconds. */
  readonly cpuMs: number;
}

/** bash measures processor time in milliseconds; `/usr/bin/time` only in hundredths of a second. */
const TIMED = 'TIMEFORMAT="%3U %3S"; time "$@"';

/**
 * Measures programs in turn, round after round, so that other work of the machine affects all of
 * them alike. One additional round at the beginning fills caches. Needs bash.
 *
 * @returns The medians of each, in the order of the programs.
 * @throws {Error} If a program fails.
 */
export async function costInTurn(
  programs: readonly Program[],
  rounds: number,
): Promise<readonly Cost[]> {
  const costs = programs.map((): Cost[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, program] of programs.entries()) {
      const cost = await measure(program);
      if (round > 0) costs[index]?.push(cost);
    }
  }
  return costs.map((each) => ({
    wallMs: median(each.map(({ wallMs }) => wallMs)),
    cpuMs: median(each.map(({ cpuMs }) => cpuMs)),
  }));
}

async function measure(program: Program): Promise<Cost> {
  const args = ["-c", TIMED, "bash", program.command, ...program.args];
  const startMs = performance.now();
  const { code, stderr } = await run({ ...program, command: "bash", args });
  const wallMs = performance.now() - startMs;
  if (code !== 0) {
    throw new Error(`Cannot time "${program.command}": it ended with ${code} (${stderr})`);
  }
  const [user = NaN, system = NaN] = (stderr.trim().split("\n").at(-1) ?? "").split(" ").map(
    Number,
  );
  return { wallMs, cpuMs: (user + system) * 1000 };
}

/** The program that measures memory. */
export const GNU_TIME = "/usr/bin/time";

/**
 * Peak resident memory of a program that runs once, from the last line of GNU time; `null` if that
 * is missing.
 */
export async function peakKiB(program: Program): Promise<number | null> {
  const args = ["-f", "%M", program.command, ...program.args];
  try {
    const { stderr } = await run({ ...program, command: GNU_TIME, args });
    return Number(stderr.trim().split("\n").at(-1));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The median of some numbers; `NaN` for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
