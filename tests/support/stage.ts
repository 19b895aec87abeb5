/**
 * A stage for black-box tests: a simulated server, two working directories and a private state
 * directory. The program runs on it in real processes and in real time. The server's time is moved
 * by hand, so its work lasts as long as a test needs.
 */
import type { Simulator, SimulatorOptions } from "../../src/simulator/simulator.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import type { CliOptions, CliProcess, CliResult } from "./cli_process.ts";
import { runCli, startCli } from "./cli_process.ts";
import { ManualClock } from "./manual_clock.ts";
import { onOwnPort } from "./own_port.ts";
import type { StatusJson } from "./status_json.ts";
import { readStatus } from "./status_json.ts";
import type { TempDir } from "./temp_dir.ts";
import { tempDir } from "./temp_dir.ts";
import { waitFor } from "./wait_for.ts";

/** The server's only model, which it has loaded unless a test says otherwise. */
export const MODEL = "tiny.safetensors";
/** The request for a cat with the seed 7, which names nothing else. */
export const CAT_REQUEST = {
  images: 1,
  prompt: "a cat",
  model: MODEL,
  width: 512,
  height: 512,
  seed: "7",
};

/** Milliseconds of the server's time between two checks. */
const TICK_MS = 50;
/** Far more of the server's time than any test's work takes, in milliseconds. */
const PATIENCE_MS = 600_000;

/**
 * The server must never seem silent because the machine is slow; a test of silence sets its own
 * time limit.
 */
export const REQUEST_TIMEOUT = "1m";

/** How long to wait for a process that should end, in milliseconds. */
const END_WITHIN_MS = 60_000;

/** A stage; when it is disposed, everything of it is removed. */
export interface Stage extends AsyncDisposable {
  readonly server: Simulator;
  /** The server's time. */
  readonly clock: ManualClock;
  /** The default working directory of the program. */
  readonly here: string;
  /** Another working directory of the same user. */
  readonly elsewhere: string;
  /** The state file of `here`. */
  readonly stateFile: string;
  /** The user scope. */
  readonly stateDirectory: string;
  /** The variables with which the program finds this server and this user scope. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs the program to its end. */
  run(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** Starts the program. */
  start(args: readonly string[], options?: CliOptions): CliProcess;
  /** Starts `generate image` with a prompt and further options, with JSON output. */
  generate(args?: readonly string[], options?: CliOptions): CliProcess;
  /** The output of `status --format json`, checked against the schema. */
  status(options?: CliOptions): Promise<StatusJson>;
  /** The text of `status`. */
  statusText(options?: CliOptions): Promise<string>;
  /** Waits until this many images are outstanding on the server, one of them being made. */
  untilWorking(images: number): Promise<void>;
  /** Lets the server's time pass until a condition holds. */
  pass(until: () => boolean): Promise<void>;
  /** Lets the server finish all its work. */
  finish(): Promise<void>;
  /** How often a route was called. */
  asked(route: string): number;
  /** Waits until a route was called this often. */
  untilAsked(route: string, times?: number): Promise<void>;
  /** Ids in the state file of `here`; none if there is no file. */
  recordedIds(): Promise<readonly string[]>;
}

/** Sets the stage up. By default, the server has `MODEL`. */
export async function openStage(options: Omit<SimulatorOptions, "clock"> = {}): Promise<Stage> {
  const clock = new ManualClock(Date.now());
  const server = await onOwnPort((port) =>
    startSimulator({
      models: [{ name: MODEL }],
      backends: [{ model: MODEL }],
      secondsPerStep: 0.05,
      // A client that is slow in real time must not be late in the server's time.
      firstFrameMs: PATIENCE_MS,
      port,
      ...options,
      clock,
    })
  );
  const directory = await tempDir();
  for (const name of ["here", "elsewhere"]) await Deno.mkdir(directory.join(name));
  return new OpenStage({ clock, server, directory });
}

class OpenStage implements Stage {
  readonly clock: ManualClock;
  readonly server: Simulator;
  readonly #directory: TempDir;

  constructor(parts: {
    readonly clock: ManualClock;
    readonly server: Simulator;
    readonly directory: TempDir;
  }) {
    this.clock = parts.clock;
    this.server = parts.server;
    this.#directory = parts.directory;
  }

  get here(): string {
    return this.#directory.join("here");
  }

  get elsewhere(): string {
    return this.#directory.join("elsewhere");
  }

  get stateFile(): string {
    return this.#directory.join("here", ".asset-generator-state.json");
  }

  get stateDirectory(): string {
    return this.#directory.join("state");
  }

  get env(): Readonly<Record<string, string>> {
    return {
      ASSET_GENERATOR_API_URL: this.server.url,
      ASSET_GENERATOR_STATE_DIR: this.stateDirectory,
      ASSET_GENERATOR_REQUEST_TIMEOUT: REQUEST_TIMEOUT,
    };
  }

  run(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    return runCli(args, this.#placed(options));
  }

  start(args: readonly string[], options: CliOptions = {}): CliProcess {
    const started = startCli(args, this.#placed(options));
    return { ...started, end: () => inTime(started, args) };
  }

  generate(args: readonly string[] = [], options: CliOptions = {}): CliProcess {
    return this.start(
      ["generate", "image", "--prompt", "a cat", "--format", "json", ...args],
      options,
    );
  }

  async status(options: CliOptions = {}): Promise<StatusJson> {
    return readStatus((await this.run(["status", "--format", "json"], options)).out);
  }

  async statusText(options: CliOptions = {}): Promise<string> {
    return (await this.run(["status"], options)).out;
  }

  async untilWorking(images: number): Promise<void> {
    await waitFor(() => this.server.counters.waiting_gens === images, {
      what: `${images} images to be asked for`,
    });
    await this.pass(() => this.server.counters.live_gens > 0 && this.server.comfyJobs(0) > 0);
  }

  async pass(until: () => boolean): Promise<void> {
    await waitFor(async () => {
      if (until()) return true;
      await this.clock.advance(TICK_MS);
      return until();
    }, { what: "the server to get that far", intervalMs: 0 });
  }

  async finish(): Promise<void> {
    let isIdle = false;
    void this.server.idle().then(() => isIdle = true);
    await this.pass(() => isIdle);
  }

  asked(route: string): number {
    // A WebSocket's handshake is not a question yet.
    return this.server.requests.filter((one) => one.route === route && one.method !== "UPGRADE")
      .length;
  }

  async untilAsked(route: string, times = 1): Promise<void> {
    await waitFor(() => this.asked(route) >= times, { what: `${times} × ${route}` });
  }

  async recordedIds(): Promise<readonly string[]> {
    try {
      const { sessions } = JSON.parse(await Deno.readTextFile(this.stateFile));
      return Object.keys(sessions);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.#directory[Symbol.asyncDispose]();
  }

  #placed(options: CliOptions): CliOptions {
    return { cwd: this.here, ...options, env: { ...this.env, ...options.env } };
  }
}

/** The end of a process that should end by itself; otherwise disposing kills it. */
async function inTime(started: CliProcess, args: readonly string[]): Promise<CliResult> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`Waited ${END_WITHIN_MS} ms in vain for the end of ${args.join(" ")}`)),
    END_WITHIN_MS,
  );
  try {
    return await Promise.race([started.end(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
