/** Many processes that change one state file at once, while it is read again and again. */
import { startScript } from "../../tests/support/script_process.ts";
import type { Section } from "./bench_table.ts";

const PROCESSES = 32;
const CHANGES = 50;
/** Time between two reads: reading without a pause would keep a processor from the writers. */
const READ_PAUSE_MS = 3;

/** Measures how many changes per second all of them make together, and counts what is lost. */
export async function measureWriters(directory: string): Promise<Section> {
  const path = `${directory}/shared.json`;
  const names = Array.from({ length: PROCESSES }, (_, index) => `gen-${index}`);
  await using stack = new AsyncDisposableStack();
  const writers = names.map((name) =>
    stack.use(startScript("state_writer.ts", { directory, args: [path, name, `${CHANGES}`] }))
  );
  await Promise.all(writers.map((writer) => writer.nextLine()));
  const startMs = performance.now();
  const written = Promise.all(writers.map(async (writer) => {
    await writer.send("same");
    return await writer.nextLine();
  }));
  const { reads, invalid } = await readUntil(path, written);
  const elapsedMs = performance.now() - startMs;
  const kept = await recordsAtTheirLastStep(path);
  const perSecond = Math.round(PROCESSES * CHANGES / elapsedMs * 1000);
  return {
    heading: `one state file, ${PROCESSES} processes, ${CHANGES} changes each`,
    rows: [
      { what: "changes a second in all", measured: `${perSecond}`, goal: "≥ 500" },
      {
        what: "records whose last change was lost",
        measured: `${PROCESSES - kept} of ${PROCESSES}`,
        goal: "0",
      },
      {
        what: "times that the file was not valid",
        measured: `${invalid} of ${reads} reads`,
        goal: "0",
      },
    ],
  };
}

async function readUntil(
  path: string,
  end: Promise<unknown>,
): Promise<{ readonly reads: number; readonly invalid: number }> {
  let isOver = false;
  void end.finally(() => isOver = true);
  let [reads, invalid] = [0, 0];
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, READ_PAUSE_MS));
    const text = await Deno.readTextFile(path).catch(() => null);
    if (text === null) continue;
    reads++;
    if (!isJson(text)) invalid++;
  }
  await end;
  return { reads, invalid };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function recordsAtTheirLastStep(path: string): Promise<number> {
  const { sessions } = JSON.parse(await Deno.readTextFile(path));
  const last = (CHANGES - 1) / CHANGES;
  return Object.values<{ readonly progress: number }>(sessions)
    .filter(({ progress }) => progress === last).length;
}
