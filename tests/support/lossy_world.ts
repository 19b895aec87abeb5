/**
 * Many generations through a relay that damages their connections, and a check of the results. The
 * program's time runs faster than real time, so that its waiting does not take minutes. The time
 * limit of one question runs in real time, and must be shorter by the same factor.
 */
import { createAdapters } from "../../src/adapters.ts";
import { runProgram } from "../../src/cli/program.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { checkWritable, writeOutputFile } from "../../src/system/output_file.ts";
import { SystemTerminal } from "../../src/system/system_terminal.ts";
import { FastClock } from "./fast_clock.ts";
import { fetchHere, testHttpClients } from "./http_clients.ts";
import type { Losses } from "./lossy_relay.ts";
import { openLossyRelay } from "./lossy_relay.ts";
import { MemoryTerminal } from "./memory_terminal.ts";
import { tempDir } from "./temp_dir.ts";
import { testContext } from "./test_context.ts";

const IMAGES = 3;

/** How many generations, and what is done to them. */
export interface LossyRun {
  readonly generations: number;
  /** How many at the same time. */
  readonly parallel: number;
  /** How many times faster the program's time runs. */
  readonly factor: number;
  /** For one question, in real milliseconds. */
  readonly requestTimeoutMs: number;
  readonly losses: Losses;
}

/** The result. */
export interface LossyOutcome {
  /** The faults found, one line each. */
  readonly faults: readonly string[];
  /** How many ended with each exit code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Connections that were damaged. */
  readonly harmed: number;
  /** Pictures that the server made. */
  readonly pictures: number;
  /** Generations that reported a lost connection. */
  readonly lost: number;
}

interface Ended {
  readonly name: string;
  readonly code: number;
  readonly err: string;
}

/** Runs them all. */
export async function runLossy(run: LossyRun): Promise<LossyOutcome> {
  await using directory = await tempDir();
  await using server = await startSimulator({
    models: [{ name: "tiny.safetensors" }],
    backends: Array.from({ length: 3 }, () => ({ model: "tiny.safetensors" })),
    secondsPerStep: 0.03,
    closePauseMs: 100,
  });
  await using relay = openLossyRelay(server.port, run.losses);
  const names = Array.from({ length: run.generations }, (_, at) => `run${at}`);
  const left = [...names];
  const ended: Ended[] = [];
  await Promise.all(Array.from({ length: run.parallel }, async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      ended.push(await generate(name, { run, url: relay.url, directory: directory.path }));
    }
  }));
  await server.idle();
  const faults: string[] = [];
  let pictures = 0;
  const made = await madeBy(server.url);
  for (const { name, code, err } of ended) {
    const bytes = made.get(name) ?? [];
    pictures += bytes.length;
    const saved = await savedIn(directory.join(name));
    const amiss = (what: string): number => faults.push(`${name}: ${what} (exit ${code})\n${err}`);
    if (code === 0 && saved.length !== IMAGES) amiss(`${saved.length} saved`);
    if (code !== 0 && saved.length === IMAGES) amiss("all saved, and not 0");
    if (saved.length !== bytes.length) amiss(`${saved.length} of ${bytes.length} made are saved`);
    for (const picture of saved) {
      const at = bytes.findIndex((one) => isEqual(one, picture));
      if (at < 0) amiss("a picture that the server did not make, or twice");
      else bytes.splice(at, 1);
    }
  }
  for (const name of recordsIn(directory.join("state"))) faults.push(`a record is left: ${name}`);
  const codes: Record<string, number> = {};
  for (const { code } of ended) codes[code] = (codes[code] ?? 0) + 1;
  const lost = ended.filter(({ err }) => err.includes("Lost the connection")).length;
  return { faults, codes, harmed: relay.harmed, pictures, lost };
}

async function generate(name: string, by: {
  readonly run: LossyRun;
  readonly url: string;
  readonly directory: string;
}): Promise<Ended> {
  const { run, url, directory } = by;
  const clock = new FastClock(run.factor);
  const context = testContext({
    terminal: new MemoryTerminal(),
    clock,
    env: {
      ASSET_GENERATOR_API_URL: url,
      ASSET_GENERATOR_STATE_DIR: `${directory}/state`,
      ASSET_GENERATOR_REQUEST_TIMEOUT: `${run.requestTimeoutMs}ms`,
    },
    host: Deno.hostname(),
  });
  const http = testHttpClients();
  const args = ["generate", "image", "-p", name, "--model", "tiny", "--steps", "3"];
  const code = await runProgram([
    ...args,
    ...["--width", "64", "--height", "64", "--batch", `${IMAGES}`],
    ...["--save-images", "--output-dir", `${directory}/${name}`],
  ], {
    ...context,
    defaultStateFile: `${directory}/${name}.json`,
    checkFile: checkWritable,
    writeFile: (path, text) => writeOutputFile(path, text, { streams: new SystemTerminal() }),
    openAdapters: (warn) => createAdapters({ environment: context.environment, clock, http, warn }),
  });
  return { name, code, err: context.terminal.errText };
}

/** All pictures in the server's history, by their prompts. */
export async function madeBy(url: string): Promise<Map<string, Uint8Array[]>> {
  const ask = async (route: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await fetchHere(`${url}/API/${route}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return await answer.json();
  };
  const { session_id } = await ask("GetNewSession", {});
  const listed = await ask("ListImages", { session_id, path: "", depth: 5, sortBy: "Date" });
  const made = new Map<string, Uint8Array[]>();
  const files = Array.isArray(listed.files) ? listed.files : [];
  for (const { src, metadata } of files) {
    const { prompt } = JSON.parse(metadata).sui_image_params;
    const picture = await fetchHere(`${url}/View/local/${encodeURI(src)}`);
    made.set(prompt, [...made.get(prompt) ?? [], new Uint8Array(await picture.arrayBuffer())]);
  }
  return made;
}

/** All files of a directory. */
export async function savedIn(directory: string): Promise<readonly Uint8Array[]> {
  const saved: Uint8Array[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) {
      saved.push(await Deno.readFile(`${directory}/${name}`));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return saved;
}

function recordsIn(state: string): readonly string[] {
  return [...Deno.readDirSync(`${state}/generations`)].map(({ name }) => name)
    .filter((name) => name.endsWith(".json"));
}

/** Whether two pictures are the same, byte for byte. */
export function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
