/**
 * Tries the tool in a form in which it is shipped, on its own simulator: version, generate, status,
 * a generation whose process is killed, and cancel. `smoke PROGRAM [ARGUMENT…]` names what starts
 * the tool: `smoke dist/asset-generator`, or `smoke deno run … dist/asset-generator.js`. The one file
 * alone, or its URL, is run with the permissions of the executables. Files are relative to the
 * working directory.
 *
 * Prints a line for each check, and exits with 1 at the first that fails. Needs `--allow-run` of
 * that program, and `--allow-read --allow-write` of a temporary directory.
 */
import { VERSION } from "../src/cli/command.ts";
import { denoArguments, ownEnvironment } from "./shipped.ts";

/** How long each check may take, in milliseconds. */
const PATIENCE_MS = 60_000;
/** Between two looks, in milliseconds. */
const PAUSE_MS = 100;

const GENERATE = ["generate", "image", "--prompt", "a cat", "--model", "sdxl/base"];

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The fields of `status --format json` that are read here. */
interface Status {
  readonly verdict: string;
  readonly generations_running: number | null;
  readonly active_generations: readonly {
    readonly session_id: string;
    readonly status: string;
    readonly orphaned: boolean;
  }[];
}

/** The tool in a separate directory. */
class Tool {
  readonly #line: readonly string[];
  readonly #directory: string;
  readonly #running = new Set<Deno.ChildProcess>();
  #url: string | undefined;

  constructor(line: readonly string[], directory: string) {
    this.#line = line;
    this.#directory = directory;
  }

  start(args: readonly string[]): Deno.ChildProcess {
    const [program = "", ...rest] = this.#line;
    const child = new Deno.Command(program, {
      args: [...rest, ...args],
      cwd: this.#directory,
      env: { ...ownEnvironment(`${this.#directory}/state`, this.#url), NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#running.add(child);
    void child.status.then(() => this.#running.delete(child));
    return child;
  }

  async run(args: readonly string[]): Promise<Ended> {
    const { code, stdout, stderr } = await this.start(args).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  }

  /** Starts the simulator that all further commands ask. */
  async simulate(): Promise<void> {
    // Slow enough to look at a generation, and to kill its process, while it runs.
    const child = this.start(["simulate", "--port", "0", "--seconds-per-step", "0.1"]);
    void child.stderr.cancel();
    let text = "";
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes("\n")) break;
    }
    this.#url = /http:\S+/.exec(text)?.[0];
    if (this.#url === undefined) throw new Error(`simulate printed no address: ${text}`);
  }

  async status(): Promise<Status> {
    const { code, out, err } = await this.run(["status", "--format", "json"]);
    expect(code === 0, "status exits 0", `${code}: ${err}`);
    return JSON.parse(out);
  }

  /** Looks until a condition is true. */
  async until(holds: (status: Status) => boolean, what: string): Promise<Status> {
    let status: Status | undefined;
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) {
      status = await this.status();
      if (holds(status)) return status;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    throw new Error(`status never said ${what}, but ${JSON.stringify(status)}`);
  }

  async stop(): Promise<void> {
    for (const child of this.#running) child.kill("SIGKILL");
    await Promise.all([...this.#running].map((child) => child.status));
  }
}

function expect(holds: boolean, what: string, found: string): void {
  if (!holds) throw new Error(`${what}: ${found}`);
}

/** Makes the checks one after another; each is reported when it succeeded. */
async function* tries(tool: Tool, directory: string): AsyncGenerator<string> {
  const version = await tool.run(["--version"]);
  expect(version.out.startsWith(`asset-generator ${VERSION} (`), "--version", version.out);
  yield version.out.trim();

  const offline = await tool.run(["status", "--api-url", "http://127.0.0.1:1"]);
  expect(offline.code === 5, "status without a server exits 5", `${offline.code}`);
  yield "status without a server exits 5";

  await tool.simulate();
  expect((await tool.status()).verdict === "idle", "a fresh simulator is idle", "it is not");
  yield "simulate, and status says idle";

  const saved = await tool.run([...GENERATE, "--steps", "2", "--save-images", "--quiet"]);
  expect(saved.code === 0, "generate exits 0", `${saved.code}: ${saved.err}`);
  const { size } = await Deno.stat(new URL(saved.out.trim(), fileUrl(directory)));
  expect(size > 0, "the picture is saved", `${size} bytes`);
  yield "generate saves a picture";

  // So long that it is not over before a slow machine has looked twice.
  const generating = tool.start([...GENERATE, "--steps", "500"]);
  // Until then nothing may have been sent, so that nothing would be left when it is killed.
  const busy = await tool.until(
    ({ verdict, active_generations: [one] }) => verdict === "busy" && one?.status === "generating",
    "busy, with a generation that generates",
  );
  expect(busy.generations_running === 1, "one generation runs", `${busy.generations_running}`);
  yield "status says busy while another process generates";

  generating.kill("SIGKILL");
  await Promise.all([generating.status, generating.stdout.cancel(), generating.stderr.cancel()]);
  await tool.until(({ active_generations: [one] }) => one?.orphaned === true, "orphaned");
  yield "status says that a generation runs on whose process was killed";

  const cancelled = await tool.run(["cancel"]);
  expect(cancelled.code === 0, "cancel exits 0", `${cancelled.code}: ${cancelled.err}`);
  await tool.until(({ verdict }) => verdict === "idle", "idle");
  yield "cancel stops it, and status says idle";
}

function fileUrl(directory: string): URL {
  const url = new URL("file:///");
  url.pathname = `${directory.replaceAll("\\", "/")}/`;
  return url;
}

/** @returns The exit code. */
async function smoke(line: readonly string[]): Promise<number> {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "asset-generator-" }));
  const tool = new Tool(line, directory);
  try {
    for await (const held of tries(tool, directory)) console.log(`ok: ${held}`);
    return 0;
  } catch (error) {
    console.error(`FAILED: ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    await tool.stop();
    await Deno.remove(directory, { recursive: true });
  }
}

/** The tool works in another directory, where a relative name would mean another file. */
async function absolute(word: string): Promise<string> {
  return await Deno.realPath(word).catch(() => word);
}

/** The words that start the tool. */
async function lineOf(words: readonly string[]): Promise<readonly string[]> {
  const [file = "", ...rest] = await Promise.all(words.map(absolute));
  if (rest.length > 0 || !file.endsWith(".js")) return [file, ...rest];
  return [Deno.execPath(), ...denoArguments([], { file })];
}

if (import.meta.main) Deno.exit(await smoke(await lineOf(Deno.args)));
