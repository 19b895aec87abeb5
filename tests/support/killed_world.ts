/**
 * Processes that are killed at random moments while they generate, and then `attach` in another
 * directory: everything that the server has made must be there, exactly once.
 */
import { startSimulator } from "../../src/simulator/simulator.ts";
import { startCli } from "./cli_process.ts";
import { isEqual, madeBy, savedIn } from "./lossy_world.ts";
import { randomFrom } from "./lossy_relay.ts";
import { tempDir } from "./temp_dir.ts";

const IMAGES = 3;
/** How long a whole run takes, in milliseconds. */
const LIFE_MS = 1_500;

/** The result. */
export interface KilledOutcome {
  /** The faults found, one line each. */
  readonly faults: readonly string[];
  /** Runs that the server had received before they were killed. */
  readonly taken: number;
}

/** Kills a number of runs, one after another. */
export async function runKilled(
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Promise<KilledOutcome> {
  await using directory = await tempDir();
  await using server = await startSimulator({
    models: [{ name: "tiny.safetensors" }],
    backends: [{ model: "tiny.safetensors" }],
    secondsPerStep: 0.05,
  });
  const random = randomFrom(seed);
  const faults: string[] = [];
  let taken = 0;
  for (let run = 0; run < runs; run++) {
    const place = directory.join(`run${run}`);
    for (const name of ["here", "there"]) await Deno.mkdir(`${place}/${name}`, { recursive: true });
    const env = {
      ASSET_GENERATOR_API_URL: server.url,
      ASSET_GENERATOR_STATE_DIR: `${place}/state`,
    };
    const args = ["generate", "image", "-p", `run${run}`, "--model", "tiny", "--steps", "3"];
    const size = ["--width", "64", "--height", "64", "--batch", `${IMAGES}`];
    await using generating = startCli([...args, ...size], { cwd: `${place}/here`, env });
    // Most of the time would go into the part before the request.
    await server.until(({ waiting_gens }) => waiting_gens > 0);
    await new Promise((resolve) => setTimeout(resolve, random() * LIFE_MS));
    try {
      generating.process.kill("SIGKILL");
    } catch (error) {
      // It had already ended.
      if (!(error instanceof TypeError)) throw error;
    }
    await generating.end();
    taken++;
    // It may have been killed while it wrote one.
    const [id = "none"] = [...Deno.readDirSync(`${place}/state/requests`)]
      .filter(({ name }) => name.endsWith(".json"))
      .map(({ name }) => name.replace(".json", ""));
    const attach = ["attach", id, "--save-images", "--output-dir", "out"];
    await using attached = startCli(attach, { cwd: `${place}/there`, env });
    const { code, err } = await attached.end();
    const made = [...(await madeBy(server.url)).get(`run${run}`) ?? []];
    const saved = await savedIn(`${place}/there/out`);
    if (code !== 0) faults.push(`run${run}: attach ended with ${code}: ${err}`);
    if (made.length !== IMAGES) faults.push(`run${run}: the server made ${made.length}`);
    for (const picture of saved) {
      const at = made.findIndex((one) => isEqual(one, picture));
      if (at < 0) faults.push(`run${run}: a picture that the server did not make, or twice`);
      else made.splice(at, 1);
    }
    if (made.length > 0) faults.push(`run${run}: ${made.length} pictures are missing`);
    const left = [...Deno.readDirSync(`${place}/state/generations`)]
      .filter(({ name }) => name.endsWith(".json"));
    if (left.length > 0) faults.push(`run${run}: its record is left`);
  }
  return { faults, taken };
}
