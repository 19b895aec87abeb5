/** Many real processes on one state file. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { createFileStore } from "../../../src/state/records/file_store.ts";
import { sampleRecord } from "../../support/sample_records.ts";
import { type ScriptProcess, startScript } from "../../support/script_process.ts";
import { namesIn, type TempDir, withTempDir } from "../../support/temp_dir.ts";

const PROCESSES = 12;
const CHANGES = 50;
const KILLS = 50;

Deno.test("createFileStore() loses nothing when 12 processes make 50 changes each", async () => {
  await withTempDir(async (dir) => {
    const path = dir.join("state.json");
    await using reader = startScript("state_reader.ts", { directory: dir.path, args: [path] });
    assertEquals(await reader.nextLine(), "ready");

    await using writers = await startWriters(dir);

    await writers.change("distinct");
    const expected = Array.from(
      { length: PROCESSES },
      (_, writer) => Array.from({ length: CHANGES }, (_, step) => `writer${writer}-${step}`),
    ).flat();
    assertEquals(new Set(await idsIn(path)), new Set(expected));

    await writers.change("remove");
    assertEquals(await idsIn(path), []);

    await reader.end();
    const { reads, faults } = JSON.parse(await reader.nextLine() ?? "");
    assertEquals(faults, []);
    assertGreater(reads, 0);
    assertEquals(await namesIn(dir.path), ["state.json", "state.json.lock"]);
  });
});

Deno.test("createFileStore() keeps the file and the others' records when processes are killed", async () => {
  await withTempDir(async (dir) => {
    const path = dir.join("state.json");
    const store = createFileStore({ path, clock: Date });
    const other = {
      ...sampleRecord({ id: "other" }),
      startedAt: Date.now(),
      updatedAt: Date.now(),
    };
    await store.put({ record: other, session: null });

    async function killOne(round: number): Promise<void> {
      const args = [path, `victim${round}`];
      await using victim = startScript("state_writer.ts", { directory: dir.path, args });
      await victim.send("churn");
      assertEquals([await victim.nextLine(), await victim.nextLine()], ["ready", "churning"]);
      // The moment is random: after a random number of looks at the file.
      for (let looks = Math.random() * 20; looks > 0; looks--) {
        assert((await idsIn(path)).includes("other"));
      }
      victim.kill("SIGKILL");
      await victim.status;
      assert((await idsIn(path)).includes("other"));
    }
    const rounds = Array.from({ length: KILLS }, (_, round) => round).values();
    await Promise.all([1, 2].map(async () => {
      for (const round of rounds) await killOne(round);
    }));

    // What the killed processes left behind does not stop the next writer, which tidies up.
    await createFileStore({ path, clock: Date }).put({
      record: { ...other, id: "next" },
      session: null,
    });
    const ids = await idsIn(path);
    assert(ids.includes("other") && ids.includes("next"));
    assertEquals(await namesIn(dir.path), ["state.json", "state.json.lock"]);
  });
});

interface Writers extends AsyncDisposable {
  /** Lets all writers make their changes at the same time, to the end. */
  change(mode: string): Promise<void>;
}

async function startWriters(dir: TempDir): Promise<Writers> {
  await using started = new AsyncDisposableStack();
  const writers: ScriptProcess[] = [];
  for (let writer = 0; writer < PROCESSES; writer++) {
    const args = [dir.join("state.json"), `writer${writer}`, String(CHANGES)];
    writers.push(started.use(startScript("state_writer.ts", { directory: dir.path, args })));
  }
  for (const writer of writers) assertEquals(await writer.nextLine(), "ready");
  const running = started.move();
  return {
    async change(mode: string): Promise<void> {
      await Promise.all(writers.map((writer) => writer.send(mode)));
      for (const writer of writers) {
        assertEquals(JSON.parse(await writer.nextLine() ?? "null")?.changes, CHANGES);
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Reads the file as any other program would: it must be JSON at every instant. */
async function idsIn(path: string): Promise<string[]> {
  return Object.keys(JSON.parse(await Deno.readTextFile(path)).sessions);
}
