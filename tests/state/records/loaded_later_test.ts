import { assert, assertEquals } from "@std/assert";
import { Bell, renewWatcher } from "../../../src/state/records/directory_watcher.ts";
import { createFileStore } from "../../../src/state/records/file_store.ts";
import { createUserStore } from "../../../src/state/records/user_store.ts";
import { watchPath } from "../../../src/state/records/loaded_later.ts";
import { sampleRecord } from "../../support/sample_records.ts";
import { startScript } from "../../support/script_process.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { waitFor } from "../../support/wait_for.ts";

/** Counts what a watch yields until it is stopped. */
class Counter implements AsyncDisposable {
  count = 0;
  readonly #stop = new AbortController();
  readonly #counting: Promise<void>;

  constructor(start: (signal: AbortSignal) => AsyncIterable<void>) {
    this.#counting = this.#run(start(this.#stop.signal));
  }

  async reaches(count: number): Promise<void> {
    await waitFor(() => this.count >= count, { what: `change ${count}` });
  }

  async #run(changes: AsyncIterable<void>): Promise<void> {
    for await (const _ of changes) this.count++;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#counting;
  }
}

Deno.test("watch() sees a file made, replaced by another process, and removed", async () => {
  await using dir = await tempDir();
  const path = dir.join("state.json");
  const store = createFileStore({ path, clock: Date });
  await using counter = new Counter((signal) => store.watch(signal));
  await store.put({ record: sampleRecord(), session: null });
  await counter.reaches(1);
  const args = [path, "writer", "1"];
  await using writer = startScript("state_writer.ts", { directory: dir.path, args });
  assertEquals(await writer.nextLine(), "ready");
  const before = counter.count;
  await writer.send("same");
  await counter.reaches(before + 1);
  const then = counter.count;
  await Deno.remove(path);
  await counter.reaches(then + 1);
});

Deno.test("renewWatcher() does not take reading for a change", async () => {
  await using dir = await tempDir();
  const directory = dir.path;
  await Deno.writeTextFile(dir.join("state.json"), "1");
  const seen: string[] = [];
  const isRelevant = (name: string) => {
    seen.push(name);
    return name === "last.json";
  };
  const bell = new Bell();
  const watcher = await renewWatcher(null, { directory, isRelevant, bell });
  assert(watcher !== null);
  for (let reads = 0; reads < 3; reads++) await Deno.readTextFile(dir.join("state.json"));
  // Events come in order: when this one is seen, those of the reads have been seen too.
  await Deno.writeTextFile(dir.join("last.json"), "1");
  await waitFor(() => bell.isRung, { what: "the last file's event" });
  assert(!seen.includes("state.json"), seen.join());
  assert(await renewWatcher(watcher, { directory, isRelevant, bell }) === watcher);
  await watcher.close();
});

Deno.test("watch() sees records of the user in a directory that is made later", async () => {
  await using dir = await tempDir();
  const store = createUserStore({ directory: dir.join("state"), clock: Date });
  await using counter = new Counter((signal) => store.watch(signal));
  await store.put({ record: sampleRecord(), session: null });
  await counter.reaches(1);
  const before = counter.count;
  await store.remove("gen-abc123");
  await counter.reaches(before + 1);
});

Deno.test("watchPath() goes on after its directory was replaced", async () => {
  await using dir = await tempDir();
  await Deno.mkdir(dir.join("a"));
  const path = dir.join("a", "state.json");
  await using counter = new Counter((signal) => watchPath(path, { signal, lookEveryMs: 10 }));
  await Deno.writeTextFile(path, "1");
  await counter.reaches(1);
  await Deno.remove(dir.join("a"), { recursive: true });
  await counter.reaches(2);
  await Deno.mkdir(dir.join("a"));
  const before = counter.count;
  // With another length, because within one tick of the clock it may get the same times and the
  // same inode.
  await Deno.writeTextFile(path, "22");
  await counter.reaches(before + 1);
});

Deno.test("renewWatcher() knows a directory that was replaced, whatever its inode number", async () => {
  await using dir = await tempDir();
  const directory = dir.join("a");
  await Deno.mkdir(directory);
  const bell = new Bell();
  const watched = { directory, isRelevant: () => true, bell };
  const watcher = await renewWatcher(null, watched);
  await Deno.remove(directory);
  await waitFor(() => bell.takeRing(), { what: "the end of the directory" });
  await Deno.mkdir(directory);
  const renewed = await renewWatcher(watcher, watched);
  assert(renewed !== null && renewed !== watcher);
  await Deno.writeTextFile(`${directory}/x`, "1");
  await waitFor(() => bell.isRung, { what: "an event of the new directory" });
  await renewed.close();
});

Deno.test("watchPath() sees a change between the call and the first look", async () => {
  await using dir = await tempDir();
  const stop = new AbortController();
  const changes = watchPath(dir.join("state.json"), { signal: stop.signal });
  await Deno.writeTextFile(dir.join("state.json"), "1");
  assertEquals((await changes.next()).done, false);
  stop.abort();
  assertEquals((await changes.next()).done, true);
});
