/** Measures `status` with a large number of things, beside one with none. */
import type { Simulator, SimulatorOptions } from "../../src/simulator/simulator.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import type { Section } from "./bench_table.ts";
import { figuresRow, ratioRow } from "./bench_table.ts";
import { costInTurn } from "./programs.ts";
import type { Workshop } from "./workshop.ts";

const ROUNDS = 9;
const RECORDS = 1_000;
const BACKENDS = 1_000;
const MODELS = 5_000;
const STATUS = ["status", "--format", "json"];

/**
 * Measures on quiet servers. The backends are not ComfyUI, so that none of them is asked (of a remote
 * SwarmUI, a child would be); the records are another tool's, so that no status removes them.
 */
export async function measureSizes(workshop: Workshop): Promise<Section> {
  await using stack = new AsyncDisposableStack();
  async function serverOf(options: SimulatorOptions): Promise<Simulator> {
    return stack.use(await startSimulator(options));
  }
  const quiet = await serverOf({});
  const backends = Array.from({ length: BACKENDS }, () => ({ type: "auto_webui_api" }));
  const models = Array.from({ length: MODELS }, (_, index) => ({ name: `m${index}.safetensors` }));
  const servers = {
    backends: await serverOf({ backends }),
    models: await serverOf({ models }),
  };
  await writeRecords(workshop.stateDirectory("records"));
  const none = { wallMs: NaN, cpuMs: NaN };
  const [empty = none, records = none, manyBackends = none, manyModels = none] = await costInTurn([
    workshop.tool(STATUS, { url: quiet.url, state: "empty" }),
    workshop.tool(STATUS, { url: quiet.url, state: "records" }),
    workshop.tool(STATUS, { url: servers.backends.url, state: "backends" }),
    workshop.tool(STATUS, { url: servers.models.url, state: "models" }),
  ], ROUNDS);
  return {
    heading: `status from source where there is much; median of ${ROUNDS} rounds`,
    rows: [
      figuresRow("no record, one backend, two models", empty),
      ratioRow(`${RECORDS} records`, records, { of: empty, goal: "≤ 2 ×" }),
      ratioRow(`${BACKENDS} backends that are not ComfyUI`, manyBackends, {
        of: empty,
        goal: "≤ 3 ×",
      }),
      ratioRow(`${MODELS} models`, manyModels, { of: empty, goal: "≤ 3 ×" }),
    ],
  };
}

async function writeRecords(directory: string): Promise<void> {
  const updated_at = new Date().toISOString();
  const sessions = Object.fromEntries(
    Array.from({ length: RECORDS }, (_, index) => {
      const id = `gen-${index}`;
      const record = {
        id,
        status: "generating",
        progress: 0.5,
        start_time: updated_at,
        updated_at,
      };
      return [id, record];
    }),
  );
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeTextFile(`${directory}/state.json`, JSON.stringify({ sessions, updated_at }));
}
