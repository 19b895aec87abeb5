/** Runs the program as users do: as a separate process, with the permissions that are shipped. */

import { programLine } from "./tested_program.ts";

/** Where and how the program runs. */
export interface CliOptions {
  /** Working directory. */
  readonly cwd?: string;
  /**
   * Environment variables, in addition to those of the test, without `ASSET_GENERATOR_*`. The
   * user's state directory is `user-state` in the working directory, unless this names another.
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Deno's permission flags; for tests that choose them, see `HAS_OWN_PERMISSIONS`. */
  readonly permissions?: readonly string[];
  /** The one file to run, by path or URL. @default {the program that is tested} */
  readonly file?: string;
}

/** What a run came to. */
export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  const { code, stdout, stderr } = await command(args, options).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** A program that runs until it ends or is killed by the test. */
export interface CliProcess extends AsyncDisposable {
  readonly process: Deno.ChildProcess;
  /** Waits for the next line of standard output; throws if it ends before. */
  nextLine(): Promise<string>;
  /** Stops reading its standard output, as `| head -1` does after one line. */
  closeOutput(): Promise<void>;
  /** Waits for the end; returns what was not read yet. */
  end(): Promise<CliResult>;
}

/** Starts the program. Disposing kills it if it is still running. */
export function startCli(args: readonly string[], options: CliOptions = {}): CliProcess {
  const process = command(args, options).spawn();
  const err = new Response(process.stderr).text();
  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let unread = "";
  let isOver = false;
  async function readMore(): Promise<boolean> {
    const { value, done } = await reader.read();
    unread += value ?? "";
    return !done;
  }
  async function end(): Promise<CliResult> {
    while (await readMore());
    const { code } = await process.status;
    isOver = true;
    return { code, out: unread, err: await err };
  }
  return {
    process,
    nextLine: async () => {
      while (!unread.includes("\n")) {
        if (!await readMore()) throw new Error(`The program ended: ${unread}${await err}`);
      }
      const line = unread.slice(0, unread.indexOf("\n"));
      unread = unread.slice(line.length + 1);
      return line;
    },
    closeOutput: () => reader.cancel(),
    end,
    [Symbol.asyncDispose]: async () => {
      if (isOver) return;
      try {
        process.kill("SIGKILL");
      } catch {
        // It ended by itself.
      }
      await end();
    },
  };
}

function command(args: readonly string[], options: CliOptions): Deno.Command {
  const [program, ...rest] = programLine(args, options);
  return new Deno.Command(program, {
    args: rest,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: {
      ...clearedEnvironment(),
      // Never the real one of the person who runs the tests.
      ASSET_GENERATOR_STATE_DIR: `${options.cwd ?? "/nonexistent"}/user-state`,
      // Nor their own settings.
      ASSET_GENERATOR_CONFIG: "/dev/null",
      NO_COLOR: "1",
      RUST_BACKTRACE: "0",
      ...options.env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/**
 * The settings of the person who runs the tests must not affect them; an empty variable counts as
 * not set.
 */
function clearedEnvironment(): Readonly<Record<string, string>> {
  const names = Object.keys(Deno.env.toObject()).filter((name) =>
    name.startsWith("ASSET_GENERATOR_")
  );
  return Object.fromEntries(names.map((name) => [name, ""]));
}
