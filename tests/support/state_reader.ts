/**
 * `state_reader.ts FILE`: reads a state file again and again without a pause. Prints `ready` first,
 * and, when its standard input has ended, how often it was read and everything that was wrong, as
 * JSON.
 */
import { createFileStore } from "../../src/state/records/file_store.ts";

/** What the reader saw. */
export interface ReaderReport {
  readonly reads: number;
  readonly faults: readonly string[];
}

async function main(): Promise<void> {
  const [path = ""] = Deno.args;
  const store = createFileStore({ path, clock: Date });
  const faults: string[] = [];
  let reads = 0;
  let isOver = false;
  const ended = Deno.stdin.readable.pipeTo(new WritableStream()).then(() => isOver = true);
  console.log("ready");
  for (; !isOver; reads++) {
    const reading = await store.list();
    if (!reading.answered) faults.push(reading.message);
    else faults.push(...reading.problems);
  }
  await ended;
  const report: ReaderReport = { reads, faults };
  console.log(JSON.stringify(report));
}

if (import.meta.main) await main();
