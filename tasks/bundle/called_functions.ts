/** Finds out which functions of the one-file tool a `status` calls, with V8's coverage. */
import { startSimulator } from "../../src/simulator/simulator.ts";
import { denoArguments, ownEnvironment } from "../shipped.ts";
import type { Span } from "./rewrite.ts";

/** A typical configuration file; `URL` stands for the server's address. */
export const SAMPLE_CONFIG = `# The machines upstairs
default-server: studio
servers:
  studio: { api-url: "URL" }
  gpu2: { api-url: "https://gpu2.example/swarm", token-file: ~/.secrets/swarm, headers: { X-Team: art } }
generate:
  steps: 25
  save-images: true
  output-dir: out
`;

/** Makes the session that the others find kept; that happens once a day. */
const FIRST_RUN: Run = { words: ["status", "--quiet"] };

/** As text and as JSON, with a configuration file and without one. */
const RUNS: readonly Run[] = [
  { words: ["status"] },
  { words: ["status", "--format", "json"] },
  { words: ["status", "--format", "json"], hasConfig: true },
];

interface Run {
  readonly words: readonly string[];
  readonly hasConfig?: boolean;
}

/**
 * Runs `status` on a simulated server that is quiet.
 *
 * Needs `--allow-read --allow-write --allow-run --allow-net=127.0.0.1`.
 *
 * @param file The one-file tool.
 * @throws {Error} If a run fails.
 */
export async function findCalled(file: string): Promise<readonly Span[]> {
  const directory = await Deno.makeTempDir({ prefix: "asset-generator-" });
  try {
    return await findCalledIn(directory, file);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function findCalledIn(directory: string, file: string): Promise<readonly Span[]> {
  const coverage = `${directory}/coverage`;
  await using server = await startSimulator();
  const configFile = `${directory}/config.yaml`;
  await Deno.writeTextFile(configFile, SAMPLE_CONFIG.replace("URL", server.url));
  async function run({ words, hasConfig = false }: Run, flags: readonly string[]): Promise<void> {
    const [subcommand = "run", ...others] = denoArguments(words, { file });
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [subcommand, ...flags, ...others],
      env: {
        ...ownEnvironment(`${directory}/state`, server.url),
        // Where most people have their files: an empty variable counts as not set.
        HOME: directory,
        ASSET_GENERATOR_STATE_DIR: "",
        ASSET_GENERATOR_CONFIG: hasConfig ? configFile : "",
        // A busy machine makes no difference.
        ASSET_GENERATOR_REQUEST_TIMEOUT: "60s",
      },
      stdin: "null",
    }).output();
    if (code !== 0) {
      throw new Error(`Cannot run "${words.join(" ")}": ${new TextDecoder().decode(stderr)}`);
    }
  }
  await run(FIRST_RUN, []);
  for (const one of RUNS) await run(one, [`--coverage=${coverage}`]);
  const called: Span[] = [];
  for await (const { name } of Deno.readDir(coverage)) {
    if (name.endsWith(".json")) called.push(...await readCalled(`${coverage}/${name}`, file));
  }
  return called;
}

/** A file of `--coverage`: one script's functions, as V8's `Profiler.ScriptCoverage`. */
interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly {
    /** The first is the whole function. */
    readonly ranges: readonly { startOffset: number; endOffset: number; count: number }[];
  }[];
}

async function readCalled(path: string, file: string): Promise<readonly Span[]> {
  const script: ScriptCoverage = JSON.parse(await Deno.readTextFile(path));
  if (!script.url.endsWith(`/${file.split("/").at(-1)}`)) return [];
  return script.functions.flatMap(({ ranges: [whole] }) =>
    whole !== undefined && whole.count > 0
      ? [{ start: whole.startOffset, end: whole.endOffset }]
      : []
  );
}
