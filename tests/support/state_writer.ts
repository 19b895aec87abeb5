/**
 * Changes a state file many times as a generation does: for tests with real processes and for the
 * bench.
 *
 * `state_writer.ts FILE NAME COUNT`: prints `ready`; for each line of its standard input, a mode,
 * it makes COUNT changes and prints how long they took, as JSON. `distinct` puts COUNT records
 * `NAME-0`, `NAME-1` …; `same` puts the record NAME again and again; `remove` removes what
 * `distinct` put; `churn` puts and removes NAME without end, and prints `churning` after the first
 * change.
 */
import type { GenerationRecord } from "../../src/generation/generation.ts";
import type { GenerationStore } from "../../src/generation/records/store.ts";
import { createFileStore } from "../../src/state/records/file_store.ts";

/** How long the changes of one writer took. */
export interface WriterReport {
  readonly changes: number;
  readonly elapsedMs: number;
  /** The change that took longest, including the wait for the lock. */
  readonly worstMs: number;
}

function recordOf(id: string, step: number): GenerationRecord {
  return {
    id,
    status: "generating",
    progress: step / (step + 1),
    startedAt: Date.now(),
    updatedAt: Date.now(),
    serverUrl: "http://127.0.0.1:7801",
    serverId: "058716b5-c6f5-49ed-9ca3-be20d82e4c5f",
    host: "workstation",
    pid: Deno.pid,
    imagesTotal: 4,
    imagesDone: 1,
    foreign: false,
  };
}

async function changeOnce(store: GenerationStore, work: {
  readonly name: string;
  readonly mode: string;
  readonly step: number;
}): Promise<void> {
  const id = work.mode === "same" ? work.name : `${work.name}-${work.step}`;
  if (work.mode === "remove") return await store.remove(id);
  await store.put({ record: recordOf(id, work.step), session: null });
}

async function churn(store: GenerationStore, name: string): Promise<never> {
  for (let step = 0;; step++) {
    await store.put({ record: recordOf(name, step), session: null });
    if (step === 0) console.log("churning");
    if (step % 8 === 7) await store.remove(name);
  }
}

async function change(store: GenerationStore, work: {
  readonly name: string;
  readonly mode: string;
  readonly count: number;
}): Promise<WriterReport> {
  const startMs = performance.now();
  let worstMs = 0;
  for (let step = 0; step < work.count; step++) {
    const changeMs = performance.now();
    await changeOnce(store, { ...work, step });
    worstMs = Math.max(worstMs, performance.now() - changeMs);
  }
  return { changes: work.count, elapsedMs: performance.now() - startMs, worstMs };
}

async function main(): Promise<void> {
  const [path = "", name = "", count = "0"] = Deno.args;
  // The bench starts more processes than there are processors, so waiting must not be given up.
  const store = createFileStore({ path, clock: Date, lockWaitMs: 60_000 });
  console.log("ready");
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    for (const mode of text.split("\n").filter((line) => line !== "")) {
      if (mode === "churn") await churn(store, name);
      console.log(JSON.stringify(await change(store, { name, mode, count: Number(count) })));
    }
  }
}

if (import.meta.main) await main();
