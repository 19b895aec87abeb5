/** Measures `status` for a user with very many private records, all of living processes. */
import type { Row, Section } from "./bench_table.ts";
import { skipped } from "./bench_table.ts";
import { costInTurn, GNU_TIME, peakKiB } from "./programs.ts";
import type { Workshop } from "./workshop.ts";

const RECORDS = 100_000;
const ROUNDS = 3;
/** How many files are written at the same time. */
const WRITERS = 64;

/** Measures the one file against a quiet server. */
export async function measureManyRecords(workshop: Workshop, url: string): Promise<Section> {
  const state = "many-records";
  await writeRecords(workshop.stateDirectory(state));
  const program = workshop.tool(["status", "--format", "json"], {
    url,
    state,
    file: workshop.bundle,
  });
  const [cost] = await costInTurn([program], ROUNDS);
  const memory = await peakKiB(program);
  const what = "its peak memory";
  const rows: readonly Row[] = [
    {
      what: "status as one file",
      measured: `${((cost?.wallMs ?? NaN) / 1000).toFixed(2)} s`,
      goal: "≤ 3 s",
    },
    memory === null
      ? skipped(what, `there is no ${GNU_TIME}`)
      : { what, measured: `${Math.round(memory / 1024)} MiB`, goal: "≤ 150 MB" },
  ];
  const heading = `${RECORDS} private records of living processes; median of ${ROUNDS} rounds`;
  return { heading, rows };
}

async function writeRecords(directory: string): Promise<void> {
  const generations = `${directory}/generations`;
  await Deno.mkdir(generations, { recursive: true, mode: 0o700 });
  // In the future, so that none is older than a lease when it is read.
  const updated_at = new Date(Date.now() + 20_000).toISOString();
  const record = { status: "generating", progress: 0.5, start_time: updated_at, updated_at };
  const numbers = Array.from({ length: RECORDS }).keys();
  await Promise.all(Array.from({ length: WRITERS }, async () => {
    for (const number of numbers) {
      const id = `gen-${number}`;
      const text = JSON.stringify({ id, ...record, images_total: 4, images_done: 1 });
      await Deno.writeTextFile(`${generations}/${id}.json`, text, { mode: 0o600 });
    }
  }));
}
