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

/**
 * The first one makes a session, the second one finds it kept; both as text and as JSON. The last
 * one has a configuration file.
 */
const RUNS = [
  { words: ["status"], config: false },
  { words: ["status", "--format", "json"], config: false },
  { words: ["status", "--format", "json"], config: true },
];

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
  for (const { words, config } of RUNS) {
    const [run = "run", ...flags] = denoArguments(words, { file });
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [run, `--coverage=${coverage}`, ...flags],
      env: {
        ...ownEnvironment(`${directory}/state`, server.url),
        // A busy machine makes no difference.
        ASSET_GENERATOR_REQUEST_TIMEOUT: "60s",
        ...config ? { ASSET_GENERATOR_CONFIG: configFile } : {},
      },
      stdin: "null",
    }).output();
    if (code !== 0) {
      throw new Error(`Cannot run "${words.join(" ")}": ${new TextDecoder().decode(stderr)}`);
    }
  }
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
