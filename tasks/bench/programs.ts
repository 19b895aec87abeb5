/** Running programs, and timing them side by side. */

/** A program to run. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | URL;
}

/** What a program left. */
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

/**
 * Times programs in turn, round after round, so that what else the machine does falls on all alike.
 * One more round before the first warms caches up.
 *
 * @returns The median of each in milliseconds, in the order of the programs.
 * @throws {Error} If a program fails.
 */
export async function timeInTurn(
  programs: readonly Program[],
  rounds: number,
): Promise<readonly number[]> {
  const times = programs.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, program] of programs.entries()) {
      const startMs = performance.now();
      const { code, stderr } = await run(program);
      const elapsedMs = performance.now() - startMs;
      if (code !== 0) {
        throw new Error(`Cannot time "${program.command}": it ended with ${code} (${stderr})`);
      }
      if (round > 0) times[index]?.push(elapsedMs);
    }
  }
  return times.map(median);
}

/** The middle of some numbers; `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
