/**
 * Kills the tool again and again while eight of it generate and save pictures in one directory, and
 * reports what is wrong: a picture that is empty or cut off under its final name, a state file that
 * is invalid at any moment, leftovers that the next run does not remove. Exits with 1 if anything
 * is wrong.
 *
 * Not a test: `soak [KILLS]`, by default 200, takes a minute or two. Needs `--allow-read
 * --allow-write --allow-run`, and `--allow-net=127.0.0.1` for the simulator.
 */
import { startSimulator } from "../src/simulator/simulator.ts";
import { TEMP_KEPT_MS } from "../src/system/replace_file.ts";
import { denoArguments, ownEnvironment } from "./shipped.ts";

const GENERATIONS = 8;
const KILLS = 200;
/** A process is killed within this time, in milliseconds; a whole run takes less. */
const LIFE_MS = 4_000;

class Soak {
  readonly #directory: string;
  readonly #url: string;
  readonly #faults = new Set<string>();
  readonly #wanted: number;
  #kills = 0;
  #ends = 0;
  #reads = 0;
  #isOver = false;

  constructor(options: {
    readonly directory: string;
    readonly url: string;
    readonly kills: number;
  }) {
    this.#directory = options.directory;
    this.#url = options.url;
    this.#wanted = options.kills;
  }

  /** @returns What is wrong, one line each. */
  async run(): Promise<readonly string[]> {
    await Deno.mkdir(`${this.#directory}/pictures`);
    const reading = this.#readState();
    await Promise.all(Array.from({ length: GENERATIONS }, () => this.#killAgainAndAgain()));
    // What is younger could be a living process's.
    await new Promise((resolve) => setTimeout(resolve, TEMP_KEPT_MS));
    // The next run is not killed, and removes what the killed ones have left.
    const { code } = await this.#start().status;
    if (code !== 0) this.#faults.add(`the next run ended with ${code}`);
    this.#isOver = true;
    await reading;
    const pictures = await this.#checkPictures();
    await this.#checkLeftovers();
    console.log(
      `${this.#kills} killed, ${this.#ends} ended before; the state file was read ` +
        `${this.#reads} times; ${pictures} pictures`,
    );
    return [...this.#faults];
  }

  async #killAgainAndAgain(): Promise<void> {
    while (this.#kills < this.#wanted) {
      const child = this.#start();
      const timer = setTimeout(() => kill(child), Math.random() * LIFE_MS);
      const { signal } = await child.status;
      clearTimeout(timer);
      if (signal === "SIGKILL") this.#kills++;
      else this.#ends++;
    }
  }

  #start(): Deno.ChildProcess {
    const args = ["generate", "image", "--prompt", "a cat", "--model", "tiny", "--steps", "3"];
    return new Deno.Command(Deno.execPath(), {
      args: [
        ...denoArguments([...args, "--batch", "2", "--save-images", "--output-dir", "pictures"]),
      ],
      cwd: this.#directory,
      env: {
        ...ownEnvironment(`${this.#directory}/user`, this.#url),
        // The state file of the working directory, which all share.
        ASSET_GENERATOR_STATE_FILE: "",
      },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Reads the file as any other program would: it must be valid at any moment. */
  async #readState(): Promise<void> {
    const path = `${this.#directory}/.asset-generator-state.json`;
    while (!this.#isOver) {
      try {
        const { sessions } = JSON.parse(await Deno.readTextFile(path));
        if (typeof sessions !== "object") this.#faults.add("the state file has no sessions");
        this.#reads++;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) this.#faults.add(`state file: ${error}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async #checkPictures(): Promise<number> {
    let count = 0;
    for await (const { name } of Deno.readDir(`${this.#directory}/pictures`)) {
      if (!name.endsWith(".png")) {
        this.#faults.add(`a leftover among the pictures: ${name}`);
        continue;
      }
      count++;
      const bytes = await Deno.readFile(`${this.#directory}/pictures/${name}`);
      // A PNG ends with its chunk IEND, which has no data: type and checksum.
      const end = new TextDecoder("latin1").decode(bytes.subarray(-8, -4));
      if (end !== "IEND") {
        this.#faults.add(`a picture of ${bytes.length} bytes is not whole: ${name}`);
      }
    }
    return count;
  }

  async #checkLeftovers(): Promise<void> {
    const user = await Array.fromAsync(Deno.readDir(`${this.#directory}/user`));
    for (const place of [".", "user", ...user.map(({ name }) => `user/${name}`)]) {
      for await (const { name } of Deno.readDir(`${this.#directory}/${place}`)) {
        if (/\.(tmp|part)$|\.corrupt-/.test(name)) {
          this.#faults.add(`a leftover in ${place}: ${name}`);
        }
      }
    }
  }
}

if (import.meta.main) {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "asset-generator-" }));
  try {
    await using server = await startSimulator({
      models: [{ name: "tiny.safetensors" }],
      backends: Array.from({ length: 4 }, () => ({ model: "tiny.safetensors" })),
      secondsPerStep: 0.02,
    });
    const kills = Number(Deno.args[0] ?? KILLS);
    const faults = await new Soak({ directory, url: server.url, kills }).run();
    for (const fault of faults) console.log(`wrong: ${fault}`);
    if (faults.length > 0) Deno.exitCode = 1;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Kills a process that may have just ended. */
function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
