/** What a `status` costs: beside an empty Deno program, and beside a script of `curl` and `jq`. */
import type { Section } from "./bench_table.ts";
import { ratioRow, skipped } from "./bench_table.ts";
import type { Row } from "./bench_table.ts";
import type { Program } from "./programs.ts";
import { run, timeInTurn } from "./programs.ts";
import type { Workshop } from "./workshop.ts";

const ROUNDS = 15;
const STATUS = ["status", "--format", "json"];
const SCRIPT = new URL("status_by_curl.sh", import.meta.url);
const GNU_TIME = "/usr/bin/time";

/** Measures time and memory of a `status` that has its session already, against a quiet server. */
export async function measureStartUp(workshop: Workshop, url: string): Promise<Section> {
  const source = workshop.tool(STATUS, { url, state: "start-up" });
  const bundle = workshop.tool(STATUS, { url, state: "start-up", file: workshop.bundle });
  const script = await curlScript(workshop, url);
  const programs = [workshop.empty, bundle, source, ...(script === null ? [] : [script])];
  const [empty = NaN, bundled = NaN, fromSource = NaN, scripted = NaN] = await timeInTurn(
    programs,
    ROUNDS,
  );
  const scriptRow = script === null
    ? skipped("the same questions by a bash script with curl and jq", "bash, curl or jq is missing")
    : ratioRow("the same questions by a bash script with curl and jq", {
      ms: scripted,
      toMs: empty,
      goal: "slower than the bundle",
    });
  return {
    heading: `status --format json, session kept; median of ${ROUNDS} rounds`,
    rows: [
      ratioRow("an empty Deno program", { ms: empty, toMs: empty, goal: "" }),
      ratioRow("status as one file", { ms: bundled, toMs: empty, goal: "≤ 2.0 ×" }),
      ratioRow("status from source", { ms: fromSource, toMs: empty, goal: "≤ 2.6 ×" }),
      scriptRow,
      await memoryRow(workshop.empty, bundle),
    ],
  };
}

/** The script as a program; `null` where something that it needs is missing. */
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

async function memoryRow(empty: Program, status: Program): Promise<Row> {
  const what = "peak memory of status as one file";
  try {
    const [emptyKiB, statusKiB] = [await peakKiB(empty), await peakKiB(status)];
    const measured = `${(statusKiB / emptyKiB).toFixed(2)} × (${Math.round(statusKiB / 1024)} MiB)`;
    return { what, measured, goal: "≤ 1.5 ×" };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return skipped(what, `there is no ${GNU_TIME}`);
    throw error;
  }
}

/** Peak resident memory of a program, as GNU time tells it on the last line. */
async function peakKiB(program: Program): Promise<number> {
  const args = ["-f", "%M", program.command, ...program.args];
  const { stderr } = await run({ ...program, command: GNU_TIME, args });
  return Number(stderr.trim().split("\n").at(-1));
}
