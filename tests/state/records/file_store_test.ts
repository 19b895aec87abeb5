import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { PermissionError, StateFileError } from "../../../src/errors.ts";
import type { GenerationStore } from "../../../src/generation/records/store.ts";
import { createFileStore } from "../../../src/state/records/file_store.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import {
  foreignRecord,
  NOW_MS,
  sampleRecord,
  sampleSession,
} from "../../support/sample_records.ts";
import { namesIn, tempDir, withTempDir } from "../../support/temp_dir.ts";

const IS_WINDOWS = Deno.build.os === "windows";

function storeAt(path: string, warnings: string[] = []): GenerationStore {
  return createFileStore({
    path,
    clock: new ManualClock(NOW_MS),
    warn: (message) => warnings.push(message),
  });
}

/** A store for a path that the user named. */
function namedStoreAt(path: string): GenerationStore {
  return createFileStore({ path, isNamed: true, clock: new ManualClock(NOW_MS) });
}

async function idsIn(store: GenerationStore): Promise<string[]> {
  const reading = await store.list();
  assert(reading.answered, JSON.stringify(reading));
  assertEquals(reading.problems, []);
  return reading.publications.map(({ record }) => record.id);
}

/** Says whether a file that nobody may read cannot be read. */
function modesBind(): boolean {
  const path = Deno.makeTempFileSync();
  try {
    if (!IS_WINDOWS) Deno.chmodSync(path, 0o000);
    Deno.readTextFileSync(path);
    return false;
  } catch {
    return true;
  } finally {
    Deno.removeSync(path);
  }
}

Deno.test("createFileStore() puts, replaces and removes its record, and never a session", async () => {
  await using dir = await tempDir();
  const path = dir.join("state.json");
  const store = storeAt(path);
  const session = sampleSession("one");
  assertEquals([store.scope, store.location], ["directory", path]);

  assertEquals(await idsIn(store), []);
  assertEquals(await namesIn(dir.path), []);
  await store.put({ record: sampleRecord(), session });
  await store.put({ record: sampleRecord({ progress: 0.5 }), session });
  assertEquals(await store.list(), {
    answered: true,
    publications: [{ record: sampleRecord({ progress: 0.5 }), session: null }],
    problems: [],
  });
  assert(!(await Deno.readTextFile(path)).includes("secret"));

  await store.remove("gen-other");
  await store.remove("gen-abc123");
  await store.remove("gen-abc123");
  assertEquals(await idsIn(store), []);
  assertEquals(await namesIn(dir.path), ["state.json", "state.json.lock"]);
});

Deno.test("createFileStore() makes no file to remove a record", async () => {
  await using dir = await tempDir();
  await storeAt(dir.join("state.json")).remove("gen-abc123");
  assertEquals(await namesIn(dir.path), []);
});

Deno.test("createFileStore() writes what the original tool can read, beside its records", async () => {
  await using dir = await tempDir();
  const path = dir.join("state.json");
  await Deno.copyFile(new URL("../../fixtures/state/go_tool.json", import.meta.url), path);
  const store = storeAt(path);
  await store.put({ record: sampleRecord(), session: null });
  const { sessions, updated_at } = JSON.parse(await Deno.readTextFile(path));
  assertEquals(sessions["session-abc123"], {
    id: "session-abc123",
    status: "generating",
    progress: 0.45,
    start_time: "2025-10-10T14:30:00Z",
    updated_at: "2025-10-10T14:32:15Z",
  });
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
  assertMatch(updated_at, time);
  assertMatch(sessions["gen-abc123"].start_time, time);
  const reading = await store.list();
  assertEquals(reading.answered && reading.publications.map(({ record }) => record), [
    foreignRecord({ startedAt: NOW_MS, updatedAt: NOW_MS + 135_000 }),
    sampleRecord(),
  ]);
});

for (
  const text of ["", '{"sessions": {"a": {"id": "a", "sta', "\0\0\0", "[1]", "[".repeat(100_000)]
) {
  const shown = JSON.stringify(text.slice(0, 40));
  Deno.test(`createFileStore() never overwrites a file that it cannot understand: ${shown}`, async () => {
    await using dir = await tempDir();
    const path = dir.join("state.json");
    await Deno.writeTextFile(path, text);
    const warnings: string[] = [];
    const store = storeAt(path, warnings);
    const reading = await store.list();
    const isCorrupt = text !== "";
    assertEquals(reading.answered && [reading.publications, reading.problems.length], [
      [],
      isCorrupt ? 1 : 0,
    ]);
    assertEquals(await Deno.readTextFile(path), text);

    await store.put({ record: sampleRecord(), session: null });
    assertEquals(await idsIn(store), ["gen-abc123"]);
    const aside = `${path}.corrupt-20251010T143000Z`;
    assertEquals(warnings.length, isCorrupt ? 1 : 0);
    if (isCorrupt) {
      assertMatch(
        warnings[0] ?? "",
        /^Cannot understand state file ".*": .*\(it was moved to ".*"\)$/,
      );
      assertEquals(await Deno.readTextFile(aside), text);
    }

    await Deno.writeTextFile(path, "again");
    await store.remove("gen-abc123");
    const second = isCorrupt ? `${aside}-2` : aside;
    assertEquals(await Deno.readTextFile(second), "again");
  });
}

Deno.test("createFileStore() moves aside what is nested too deep", async () => {
  await using dir = await tempDir();
  const path = dir.join("state.json");
  const deep = `{"sessions":{},"x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  await Deno.writeTextFile(path, deep);
  const warnings: string[] = [];
  const store = storeAt(path, warnings);
  await store.put({ record: sampleRecord(), session: null });
  assertEquals(await idsIn(store), ["gen-abc123"]);
  assertEquals(warnings.length, 1);
  assertEquals(await Deno.readTextFile(`${path}.corrupt-20251010T143000Z`), deep);
});

Deno.test("createFileStore() reads and changes a file of 10 MB", async () => {
  await using dir = await tempDir();
  const path = dir.join("state.json");
  const filler = "x".repeat(10_000);
  const sessions = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [
      `session-${index}`,
      { id: `session-${index}`, status: "generating", updated_at: "2025-10-10T14:30:00Z", filler },
    ]),
  );
  await Deno.writeTextFile(path, JSON.stringify({ sessions }));
  const store = storeAt(path);
  await store.put({ record: sampleRecord(), session: null });
  assertEquals((await idsIn(store)).length, 1_001);
  assert((await Deno.stat(path)).size > 10_000_000);
});

Deno.test({
  name: "createFileStore() takes two named links to one file for one file",
  ignore: IS_WINDOWS,
  fn: () =>
    withTempDir(async (dir) => {
      await Deno.mkdir(dir.join("real"));
      await Deno.mkdir(dir.join("other"));
      const real = dir.join("real", "state.json");
      // Not there yet: a link may lead to a file that the first writer makes, in relative steps too.
      await Deno.symlink(real, dir.join("one.json"));
      await Deno.symlink("../one.json", dir.join("other", "two.json"));
      const one = namedStoreAt(dir.join("one.json"));
      const two = namedStoreAt(dir.join("other", "two.json"));
      await one.put({ record: sampleRecord({ id: "a" }), session: null });
      await two.put({ record: sampleRecord({ id: "b" }), session: null });
      assertEquals(await idsIn(one), ["a", "b"]);
      assertEquals(await namesIn(dir.join("real")), ["state.json", "state.json.lock"]);
      assertEquals(await namesIn(dir.path), ["one.json", "other", "real"]);
      assert((await Deno.lstat(dir.join("other", "two.json"))).isSymlink);
    }),
});

Deno.test({
  name: "createFileStore() fails on named links that lead in a circle",
  ignore: IS_WINDOWS,
  fn: () =>
    withTempDir(async (dir) => {
      await Deno.symlink(dir.join("b"), dir.join("a"));
      await Deno.symlink(dir.join("a"), dir.join("b"));
      const store = namedStoreAt(dir.join("a"));
      await assertRejects(
        () => store.put({ record: sampleRecord(), session: null }),
        StateFileError,
      );
      const reading = await store.list();
      assertEquals(reading.answered ? "" : reading.reason, "failed");
    }),
});

Deno.test("createFileStore() fails where the path is a directory or has none, and says so", async () => {
  await using dir = await tempDir();
  const isDirectory = storeAt(dir.path);
  const error = await assertRejects(
    () => isDirectory.put({ record: sampleRecord(), session: null }),
    StateFileError,
  );
  assertMatch(error.message, /^Cannot read state file ".*": it is a directory \(.*\)$/);
  const reading = await isDirectory.list();
  assertEquals(reading.answered ? "" : reading.reason, "failed");

  const path = dir.join("missing", "state.json");
  const nowhere = storeAt(path);
  const missing = await assertRejects(
    () => nowhere.put({ record: sampleRecord(), session: null }),
    StateFileError,
  );
  assertEquals(missing.message, `Cannot write state file "${path}": no such file or directory`);
  assertEquals(await idsIn(nowhere), []);
});

Deno.test({
  name: "createFileStore() leaves all as it was in a directory that it may not write",
  // Modes do not bind the superuser, and Windows has none.
  ignore: !modesBind(),
  fn: () =>
    withTempDir(async (dir) => {
      const path = dir.join("state.json");
      const store = storeAt(path);
      await store.put({ record: sampleRecord(), session: null });
      await Deno.chmod(dir.path, 0o500);
      try {
        const error = await assertRejects(() => store.remove("gen-abc123"), StateFileError);
        assertEquals(error.message, `Cannot write state file "${path}": permission denied`);
        assertEquals(await idsIn(store), ["gen-abc123"]);
        await Deno.chmod(path, 0o000);
        const reading = await store.list();
        assertEquals(reading.answered ? "" : reading.reason, "failed");
      } finally {
        await Deno.chmod(dir.path, 0o700);
      }
    }),
});

Deno.test({
  name: "createFileStore() says why a directory cannot take a state file",
  ignore: !modesBind(),
  fn: () =>
    withTempDir(async (dir) => {
      const path = dir.join("state.json");
      await Deno.chmod(dir.path, 0o500);
      try {
        const put = () => storeAt(path).put({ record: sampleRecord(), session: null });
        const { message } = await assertRejects(put, StateFileError);
        assertEquals(message, `Cannot write state file "${path}": permission denied`);
      } finally {
        await Deno.chmod(dir.path, 0o700);
      }
    }),
});

Deno.test({
  name: "createFileStore() keeps the file's mode",
  ignore: IS_WINDOWS,
  fn: () =>
    withTempDir(async (dir) => {
      const path = dir.join("state.json");
      const store = storeAt(path);
      await store.put({ record: sampleRecord(), session: null });
      for (const mode of [0o600, 0o664, 0o666]) {
        await Deno.chmod(path, mode);
        await store.put({ record: sampleRecord(), session: null });
        assertEquals((await Deno.stat(path)).mode! & 0o777, mode);
      }
    }),
});

Deno.test("createFileStore() removes the temporary files of killed processes, and no others", async () => {
  await using dir = await tempDir();
  const path = dir.join("state.json");
  await Deno.writeTextFile(`${path}.${crypto.randomUUID()}.tmp`, "half");
  const others = [
    `other.json.${crypto.randomUUID()}.tmp`,
    "state.json.final.tmp",
    "state.json.tmp",
    `state.json.x.${crypto.randomUUID()}.tmp`,
    `state.json.${crypto.randomUUID()}.tmp.bak`,
  ].sort();
  for (const name of others) await Deno.writeTextFile(dir.join(name), "not ours");
  await storeAt(path).put({ record: sampleRecord(), session: null });
  assertEquals(await namesIn(dir.path), [...others, "state.json", "state.json.lock"].sort());
});

Deno.test("createFileStore() keeps a record when the clock is set back by an hour", async () => {
  await using dir = await tempDir();
  const clock = new ManualClock(NOW_MS);
  const store = createFileStore({ path: dir.join("state.json"), clock });
  await store.put({ record: sampleRecord({ id: "before" }), session: null });
  clock.setNow(NOW_MS - 3_600_000);
  await store.put({ record: sampleRecord({ id: "after" }), session: null });
  assertEquals(await idsIn(store), ["before", "after"]);
  clock.setNow(NOW_MS + 24 * 3_600_000);
  assertEquals(await idsIn(store), []);
});

Deno.test("createFileStore() puts records of one process in the order of the calls", async () => {
  await using dir = await tempDir();
  const store = storeAt(dir.join("state.json"));
  await Promise.all(
    Array.from(
      { length: 20 },
      (_, step) => store.put({ record: sampleRecord({ progress: step / 20 }), session: null }),
    ),
  );
  const reading = await store.list();
  assertEquals(reading.answered && reading.publications[0]?.record.progress, 19 / 20);
});

Deno.test("prune() removes what was judged and has not changed since", async () => {
  await using dir = await tempDir();
  const store = storeAt(dir.join("state.json"));
  const same = sampleRecord({ id: "same" });
  const changed = sampleRecord({ id: "changed" });
  await store.put({ record: same, session: null });
  await store.put({ record: { ...changed, updatedAt: NOW_MS }, session: null });
  await store.prune([same, changed, sampleRecord({ id: "missing" })]);
  assertEquals(await idsIn(store), ["changed"]);
});

Deno.test("prune() touches nothing while somebody writes, and nothing that is not there", async () => {
  await using dir = await tempDir();
  const path = dir.join("state.json");
  const store = storeAt(path);
  await store.prune([sampleRecord()]);
  assertEquals(await namesIn(dir.path), []);

  await store.put({ record: sampleRecord(), session: null });
  {
    using writer = await Deno.open(`${path}.lock`, { read: true, write: true });
    assert(writer.tryLockSync(true));
    await store.prune([sampleRecord()]);
  }
  assertEquals(await idsIn(store), ["gen-abc123"]);
});

const FIXTURES = new URL("../../fixtures/state", import.meta.url);

Deno.test({
  name: "createFileStore() reads without the permission to write, and names the flag for writing",
  permissions: { read: true },
  fn: async () => {
    const directory = await Deno.realPath(FIXTURES);
    const path = `${directory}/go_tool.json`;
    const store = storeAt(path);
    assertEquals(await idsIn(store), ["session-abc123"]);
    const error = await assertRejects(
      () => store.put({ record: sampleRecord(), session: null }),
      PermissionError,
    );
    assertEquals(error.needs, `--allow-write=${directory}`);
    assertEquals(
      error.message,
      `Cannot write state file "${path}": Deno does not allow it (add ${error.needs})`,
    );
    await store.prune([foreignRecord({ updatedAt: NOW_MS + 135_000 })]);
    assertEquals(await idsIn(store), ["session-abc123"]);
  },
});

Deno.test({
  name: "createFileStore() names the flags by '.' in the working directory",
  permissions: {},
  fn: async () => {
    const store = storeAt(`${Deno.cwd()}/state.json`);
    const reading = await store.list();
    assertEquals(reading.answered ? null : [reading.reason, reading.needs], [
      "permission",
      "--allow-read=.",
    ]);
    const error = await assertRejects(() => store.remove("gen-abc123"), PermissionError);
    assertEquals(error.needs, "--allow-read=. --allow-write=.");
    const ending = AbortSignal.abort();
    for await (const _ of store.watch(ending)) throw new Error("It saw what it may not see");
  },
});
