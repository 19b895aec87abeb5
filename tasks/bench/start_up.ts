/** Measures `status` beside small Deno programs, and beside a script of `curl` and `jq`. */
import type { Figures, Row, Section } from "./bench_table.ts";
import { figuresRow, ratioRow, skipped } from "./bench_table.ts";
import { SAMPLE_CONFIG } from "../bundle/called_functions.ts";
import { findCounter } from "./instructions.ts";
import type { Program } from "./programs.ts";
import { costInTurn, GNU_TIME, peakKiB, run } from "./programs.ts";
import type { Workshop } from "./workshop.ts";

const ROUNDS = 15;
const STATUS = ["status", "--format", "json"];
const SCRIPT = new URL("status_by_curl.sh", import.meta.url);

/** Measures a `status` that has its session already, against a quiet server. */
export async function measureStartUp(workshop: Workshop, url: string): Promise<Section> {
  const at = { url, state: "start-up" };
  const programs = {
    empty: workshop.empty,
    fetch: await fetchProgram(workshop, url),
    version: workshop.tool(["--version"], { ...at, file: workshop.bundle }),
    bundle: workshop.tool(STATUS, { ...at, file: workshop.bundle }),
    source: workshop.tool(STATUS, at),
    configured: workshop.tool(STATUS, {
      ...at,
      file: workshop.bundle,
      config: await writeConfig(workshop, url),
    }),
    larger: workshop.tool(STATUS, { ...at, file: await largerBundle(workshop) }),
  };
  const script = await curlScript(workshop, url);
  const all = [...Object.values(programs), ...(script === null ? [] : [script])];
  const costs = await costInTurn(all, ROUNDS);
  const counter = await findCounter(programs.empty);
  async function figuresOf(program: Program): Promise<Figures> {
    const cost = costs[all.indexOf(program)] ?? { wallMs: NaN, cpuMs: NaN };
    // The script consists of many programs, most of which are not Deno's.
    if (counter === null || program === script) return cost;
    return { ...cost, instructions: await counter.count(program) };
  }
  const empty = await figuresOf(programs.empty);
  const fetch = await figuresOf(programs.fetch);
  const bundle = await figuresOf(programs.bundle);
  const larger = await figuresOf(programs.larger);
  const configured = await figuresOf(programs.configured);
  const byWhat = counter === null
    ? "instructions cannot be counted here: neither perf nor valgrind can"
    : `instructions by ${counter.name}`;
  const what = "the same questions by a bash script with curl and jq";
  return {
    heading: `status --format json, session kept; medians of ${ROUNDS} rounds; ${byWhat}`,
    rows: [
      figuresRow("an empty Deno program", empty),
      figuresRow("a Deno program that makes one fetch", fetch),
      ratioRow("status as one file, against one fetch", bundle, { of: fetch, goal: "≤ 1.6 ×" }),
      ratioRow("status from source, against one fetch", await figuresOf(programs.source), {
        of: fetch,
        goal: "≤ 2.2 ×",
      }),
      ratioRow("--version as one file, against empty", await figuresOf(programs.version), {
        of: empty,
        goal: "≤ 1.3 ×",
      }),
      script === null
        ? skipped(what, "bash, curl or jq is missing")
        : ratioRow(`${what}, against the one file`, await figuresOf(script), {
          of: bundle,
          goal: "≥ 1.3 ×",
        }),
      await memoryRow(programs.fetch, programs.bundle),
      await sizeRow(workshop.bundle),
      ratioRow("status with a configuration file, against without", configured, {
        of: bundle,
        goal: "≤ 4 M more",
      }),
      ratioRow("status with 100 kB more in the file, against without", larger, {
        of: bundle,
        goal: "≤ 2 M more",
      }),
    ],
  };
}

/** A program that makes one `fetch()` to the server. */
async function fetchProgram(workshop: Workshop, url: string): Promise<Program> {
  const file = `${workshop.directory}/fetch.js`;
  const request = '{ method: "POST", headers: { "content-type": "application/json" }, body: "{}" }';
  await Deno.writeTextFile(
    file,
    `await (await fetch("${url}/API/GetCurrentStatus", ${request})).text();\n`,
  );
  const args = ["run", "--quiet", "--no-prompt", "--allow-net", file];
  return { ...workshop.empty, args, env: { NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" } };
}

/** A typical configuration file: two servers, defaults, a secret. */
async function writeConfig(workshop: Workshop, url: string): Promise<string> {
  const file = `${workshop.directory}/config.yaml`;
  await Deno.writeTextFile(file, SAMPLE_CONFIG.replace("URL", url));
  return file;
}

/** The one file with an additional part that no `status` uses: functions that nobody calls. */
async function largerBundle(workshop: Workshop): Promise<string> {
  const file = `${workshop.directory}/larger.js`;
  const part = Array.from(
    { length: 1_000 },
    (_, index) =>
      `function unused${index}(value){if(value===${index})return[value,"unused"].map(each=>({each}));}`,
  );
  const code = await Deno.readTextFile(workshop.bundle);
  await Deno.writeTextFile(file, `${code}\n${part.join("\n").padEnd(100_000)}\n`);
  return file;
}

async function sizeRow(bundle: string): Promise<Row> {
  const { size } = await Deno.stat(bundle);
  const measured = `${Math.round(size / 1000)} kB`;
  return { what: "the one file, which imports nothing of Node", measured, goal: "≤ 700 kB" };
}

/** The script as a program; `null` if something that it needs is missing. */
async function curlScript(workshop: Workshop, url: string): Promise<Program | null> {
  const program = {
    command: "bash",
    args: ["-c", await Deno.readTextFile(SCRIPT)],
    env: { SWARM_URL: url, SESSION_FILE: `${workshop.directory}/curl-session` },
    cwd: workshop.directory,
  };
  try {
    const { code } = await run({ ...program, args: ["-c", "command -v curl && command -v jq"] });
    return code === 0 ? program : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function memoryRow(fetch: Program, status: Program): Promise<Row> {
  const what = "peak memory of status as one file, against one fetch";
  const [fetchKiB, statusKiB] = [await peakKiB(fetch), await peakKiB(status)];
  if (fetchKiB === null || statusKiB === null) return skipped(what, `there is no ${GNU_TIME}`);
  const measured = `${(statusKiB / fetchKiB).toFixed(2)} × (${Math.round(statusKiB / 1024)} MiB)`;
  return { what, measured, goal: "≤ 1.3 ×" };
}
