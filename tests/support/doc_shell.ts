/**
 * A shell for the examples of the pages, with the programs of `doc_programs.ts` on its PATH and a
 * simulated SwarmUI. Each script has its own home and working directory.
 */
import type { Simulator, SimulatorOptions } from "../../src/simulator/simulator.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { ownEnvironment } from "../../tasks/shipped.ts";
import { denoDirectory, writeCommands } from "./doc_programs.ts";
import { oneFile } from "./one_file.ts";
import { ownPort } from "./own_port.ts";
import { tempDir } from "./temp_dir.ts";
import type { TempDir } from "./temp_dir.ts";
import { waitFor } from "./wait_for.ts";

/** The server that the pages name. */
const SERVER = "127.0.0.1:7801";

/** The port of the Redis that the docs start. */
const REDIS_PORT = "16379";

/**
 * How long the pages wait, and how long a test waits instead: the only difference between an
 * example and what is run.
 */
const SHORTER: readonly (readonly [string, string])[] = [["--idle-for 10m", "--idle-for 200ms"]];

/** Counts the waiting times of a text that a test shortens. */
export function countShortened(text: string): number {
  return SHORTER.reduce((count, [long]) => count + text.split(long).length - 1, 0);
}

/** The result of a script. */
export interface ScriptResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A running script. */
export interface RunningScript {
  /** Its home and working directory. */
  readonly home: TempDir;
  /** What it has printed so far. */
  printed(): string;
  /** Presses Ctrl-C in the program of this tool that is running in it. */
  interrupt(): Promise<void>;
  readonly ended: Promise<ScriptResult>;
}

/** See the top of this file. */
export interface DocShell extends AsyncDisposable {
  readonly simulator: Simulator;
  /** The tool as one file. */
  readonly bundle: string;
  /** The text as it is run: with this server, and shorter waiting times. */
  adapt(text: string): string;
  /** Starts a script in a home directory of the caller. */
  start(script: string, options: ScriptOptions): RunningScript;
  /** Runs a script to its end. */
  run(script: string, options: ScriptOptions): Promise<ScriptResult>;
}

/** How a script is run. */
export interface ScriptOptions {
  readonly home: TempDir;
  /** The shell and its options. @default {["sh", "-eu"]} */
  readonly shell?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Makes the shell.
 *
 * @param options.clock Moves the server's time. @default the real time
 */
export async function openDocShell(
  options: Pick<SimulatorOptions, "clock"> = {},
): Promise<DocShell> {
  const shared = await tempDir();
  const redisPort = String(ownPort());
  const { path: bundle } = await oneFile();
  const denoDir = await denoDirectory();
  const commands = await writeCommands(shared, bundle);
  const simulator = await startSimulator({
    backends: [{ model: "sdxl/base.safetensors" }],
    secondsPerStep: 0.001,
    closePauseMs: 1,
    // A client that is slow in real time must not be late in the server's time.
    firstFrameMs: 600_000,
    ...options,
  });

  function adapt(text: string): string {
    const here = text.replaceAll(SERVER, `127.0.0.1:${simulator.port}`)
      .replaceAll(REDIS_PORT, redisPort);
    return SHORTER.reduce((shorter, [long, short]) => shorter.replaceAll(long, short), here);
  }

  function start(
    script: string,
    { home, shell = ["sh", "-eu"], env }: ScriptOptions,
  ): RunningScript {
    const [program = "sh", ...options] = shell;
    const process = new Deno.Command(program, {
      args: [...options, "-c", adapt(script)],
      cwd: home.path,
      env: {
        ...ownEnvironment("", simulator.url),
        ASSET_GENERATOR_CONFIG: "",
        ASSET_GENERATOR_STATE_DIR: "",
        ASSET_GENERATOR_STATE_FILE: "",
        HOME: home.path,
        XDG_CONFIG_HOME: "",
        XDG_STATE_HOME: "",
        DENO_DIR: denoDir,
        RUST_BACKTRACE: "0",
        PATH: `${commands}:${Deno.env.get("PATH")}`,
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return follow(process, home);
  }

  return {
    simulator,
    bundle,
    adapt,
    start,
    run: (script, options) => start(script, options).ended,
    [Symbol.asyncDispose]: async () => {
      await simulator.close();
      await shared[Symbol.asyncDispose]();
    },
  };
}

function follow(process: Deno.ChildProcess, home: TempDir): RunningScript {
  const out: string[] = [];
  async function end(): Promise<ScriptResult> {
    const err = new Response(process.stderr).text();
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) out.push(text);
    return { code: (await process.status).code, out: out.join(""), err: await err };
  }
  return {
    home,
    printed: () => out.join(""),
    interrupt: async () => {
      const pids = await Deno.readTextFile(home.join("watching"));
      for (const pid of pids.trim().split("\n")) Deno.kill(Number(pid), "SIGINT");
    },
    ended: end(),
  };
}

/** Runs an example that goes on until Ctrl-C, and presses that after its first output. */
export async function runUntilInterrupted(script: RunningScript): Promise<ScriptResult> {
  try {
    await waitFor(() => script.printed() !== "", { what: "a word of the script" });
  } finally {
    await script.interrupt();
  }
  return await script.ended;
}
