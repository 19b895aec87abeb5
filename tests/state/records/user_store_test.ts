import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { PermissionError, StateFileError } from "../../../src/errors.ts";
import type { Publication } from "../../../src/generation/records/store.ts";
import { createUserStore } from "../../../src/state/records/user_store.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { NOW_MS, sampleRecord, sampleSession } from "../../support/sample_records.ts";
import { namesIn, type TempDir, tempDir } from "../../support/temp_dir.ts";

const IS_WINDOWS = Deno.build.os === "windows";
const DAY_MS = 24 * 60 * 60 * 1000;

function storeIn(directory: string, nowMs: number = NOW_MS): ReturnType<typeof createUserStore> {
  return createUserStore({ directory, clock: new ManualClock(nowMs) });
}

async function modesIn(path: string): Promise<Record<string, number>> {
  const names = await namesIn(path);
  return Object.fromEntries(
    names.map((name) => [name, (Deno.lstatSync(`${path}/${name}`).mode ?? 0) & 0o777]),
  );
}

function sessionIds(publications: readonly Publication[]): (string | null)[] {
  return publications.map(({ session }) => session?.reveal() ?? null);
}

async function makeRecords(dir: TempDir, texts: Readonly<Record<string, string>>): Promise<void> {
  await Deno.mkdir(dir.join("generations"), { mode: 0o700 });
  for (const [name, text] of Object.entries(texts)) {
    Deno.writeTextFileSync(dir.join("generations", name), text);
  }
}

Deno.test("createUserStore() keeps each record with its own session", async () => {
  await using dir = await tempDir();
  const store = storeIn(dir.join("state", "asset-generator"));
  assertEquals(store.scope, "user");
  assertEquals(await store.list(), { answered: true, publications: [], problems: [] });
  assertEquals(await namesIn(dir.path), []);

  const record = sampleRecord();
  await store.put({ record: sampleRecord({ id: "b" }), session: null });
  await store.put({ record, session: sampleSession("old") });
  await store.put({ record, session: sampleSession("one") });
  const reading = await storeIn(dir.join("state", "asset-generator")).list();
  assert(reading.answered);
  assertEquals(reading.publications.map((one) => one.record), [sampleRecord({ id: "b" }), record]);
  assertEquals(sessionIds(reading.publications), [null, "secret-one"]);
  const [, { session } = { session: null }] = reading.publications;
  assertEquals([session?.serverUrl, session?.createdAt], [record.serverUrl, NOW_MS - 160_000]);

  await store.remove(record.id);
  await store.remove(record.id);
  await store.remove("../../etc/passwd");
  const rest = await store.list();
  assertEquals(rest.answered && rest.publications.map((one) => one.record.id), ["b"]);
});

Deno.test({
  name: "createUserStore() closes its files to others, and its directory if it is open",
  ignore: IS_WINDOWS,
  fn: async () => {
    await using dir = await tempDir();
    const base = dir.join("state");
    const store = storeIn(base);
    await store.put({ record: sampleRecord(), session: sampleSession("one") });
    assertEquals(await modesIn(dir.path), { state: 0o700 });
    assertEquals(await modesIn(base), { generations: 0o700 });
    assertEquals(await modesIn(`${base}/generations`), {
      ".lock": 0o600,
      "gen-abc123.json": 0o600,
    });

    await Deno.chmod(`${base}/generations`, 0o755);
    assertEquals(await store.list(), {
      answered: false,
      reason: "failed",
      message: `Cannot use this user's state directory "${base}": "generations" in it is open to ` +
        "other users (close it with chmod 700)",
    });
    await store.put({ record: sampleRecord(), session: null });
    assertEquals(await modesIn(base), { generations: 0o700 });
    assert((await store.list()).answered);
  },
});

Deno.test({
  name: "createUserStore() uses no directory that others can write into, and leaves it as it is",
  ignore: IS_WINDOWS,
  fn: async () => {
    await using dir = await tempDir();
    const base = dir.join("shared");
    const store = storeIn(base);
    await store.put({ record: sampleRecord(), session: null });
    for (
      const { mode, advice } of [
        { mode: 0o777, advice: "close it with chmod go-w, or " },
        { mode: 0o720, advice: "close it with chmod go-w, or " },
        { mode: 0o1777, advice: "" },
      ]
    ) {
      await Deno.chmod(base, mode);
      const message = `Cannot use this user's state directory "${base}": other users can write ` +
        `there (${advice}name another directory with ASSET_GENERATOR_STATE_DIR)`;
      assertEquals(await store.list(), { answered: false, reason: "failed", message });
      const error = await assertRejects(
        () => store.put({ record: sampleRecord(), session: null }),
        StateFileError,
      );
      assertEquals(error.message, message);
      await store.prune([sampleRecord()]);
      assertEquals(Deno.statSync(base).mode! & 0o7777, mode);
    }
    await Deno.chmod(base, 0o755);
    const reading = await store.list();
    assertEquals(reading.answered && reading.publications.length, 1);
  },
});

Deno.test("createUserStore() reads the others when a record is broken, and shows no secret", async () => {
  await using dir = await tempDir();
  const store = storeIn(dir.path);
  await store.put({ record: sampleRecord({ id: "good" }), session: sampleSession("one") });
  await Deno.writeTextFile(
    dir.join("generations", "cut.json"),
    '{"session":{"session_id":"secret-x',
  );
  await Deno.writeTextFile(dir.join("generations", "list.json"), "[]");
  await Deno.writeTextFile(dir.join("generations", "empty.json"), "");
  await Deno.writeTextFile(dir.join("generations", "not a record.json"), "{}");
  await Deno.mkdir(dir.join("generations", "folder.json"));
  const reading = await store.list();
  assert(reading.answered);
  assertEquals(reading.publications.map(({ record }) => record.id), ["good"]);
  assertEquals(reading.problems.length, 4);
  assertEquals(reading.problems[0], 'Record "cut" of this user cannot be understood');
  assertMatch(
    reading.problems[2] ?? "",
    /^Record "folder" of this user cannot be read: .*directory/,
  );
  assert(!JSON.stringify(reading).includes("secret"));
});

Deno.test("createUserStore() does not believe a session of another server than its record's", async () => {
  await using dir = await tempDir();
  const store = storeIn(dir.path);
  await store.put({
    record: sampleRecord(),
    session: sampleSession("one", "http://other.example:7801"),
  });
  const reading = await store.list();
  assert(reading.answered);
  assertEquals(sessionIds(reading.publications), [null]);
  assertEquals(reading.problems, [
    'Record "gen-abc123" of this user has a session of another server; it is not used',
  ]);
});

Deno.test("createUserStore() never makes a path of an unsafe id", async () => {
  await using dir = await tempDir();
  const store = storeIn(dir.join("state"));
  for (const id of ["../x", "a/b", "", "x".repeat(65), "a b", "."]) {
    await assertRejects(
      () => store.put({ record: sampleRecord({ id }), session: null }),
      StateFileError,
    );
  }
  assertEquals(await namesIn(dir.path), []);
});

Deno.test("createUserStore() hides a record of more than 24 hours, and sweeps it with its first write", async () => {
  await using dir = await tempDir();
  const old = sampleRecord({ id: "old", updatedAt: NOW_MS - DAY_MS - 1 });
  await storeIn(dir.path).put({ record: old, session: null });
  await makeOld(dir.join("generations", "old.json"));
  await Deno.writeTextFile(dir.join("generations", "broken.json"), "{");
  await makeOld(dir.join("generations", "broken.json"));
  await Deno.writeTextFile(
    dir.join("generations", "x.json.0c5c6a1e-3f2b-4a1d-9c7e-5b6a7d8e9f00.tmp"),
    "half",
  );
  // Its file is old, but its content is not: the clock jumped.
  await storeIn(dir.path).put({ record: sampleRecord({ id: "young" }), session: null });
  await makeOld(dir.join("generations", "young.json"));

  const store = storeIn(dir.path);
  const reading = await store.list();
  assertEquals(reading.answered && reading.publications.map(({ record }) => record.id), ["young"]);
  await store.put({ record: sampleRecord({ id: "new" }), session: null });
  assertEquals(await namesIn(dir.join("generations")), [".lock", "new.json", "young.json"]);
});

Deno.test("prune() removes the user's records that were judged and have not changed since", async () => {
  await using dir = await tempDir();
  const store = storeIn(dir.path);
  const same = sampleRecord({ id: "same" });
  const changed = sampleRecord({ id: "changed" });
  await store.prune([same]);
  await store.put({ record: same, session: null });
  await store.put({ record: { ...changed, updatedAt: NOW_MS }, session: null });
  {
    using writer = Deno.openSync(dir.join("generations", ".lock"), { write: true });
    assert(writer.tryLockSync(true));
    await store.prune([same]);
    assertEquals(await namesIn(dir.join("generations")), [".lock", "changed.json", "same.json"]);
  }
  await store.prune([same, changed, sampleRecord({ id: "../x" })]);
  assertEquals(await namesIn(dir.join("generations")), [".lock", "changed.json"]);
});

Deno.test("createUserStore() reads a thousand records", async () => {
  await using dir = await tempDir();
  const { record } = { record: sampleRecord() };
  const text = (id: string) =>
    JSON.stringify({ id, status: record.status, updated_at: new Date(NOW_MS).toISOString() });
  const ids = Array.from({ length: 1_000 }, (_, index) => `gen-${1_000 + index}`);
  await makeRecords(dir, Object.fromEntries(ids.map((id) => [`${id}.json`, text(id)])));
  const reading = await storeIn(dir.path).list();
  assertEquals(reading.answered && reading.publications.map((one) => one.record.id), ids);
});

Deno.test({
  name: "createUserStore() names the flags that it lacks",
  permissions: {},
  fn: async () => {
    const store = storeIn("/home/me/.local/state/asset-generator");
    const reading = await store.list();
    assertEquals(reading.answered ? null : [reading.reason, reading.needs], [
      "permission",
      "--allow-read=/home/me/.local/state/asset-generator",
    ]);
    const error = await assertRejects(
      () => store.put({ record: sampleRecord(), session: null }),
      PermissionError,
    );
    assertEquals(
      error.needs,
      "--allow-read=/home/me/.local/state/asset-generator " +
        "--allow-write=/home/me/.local/state/asset-generator",
    );
    await store.prune([sampleRecord()]);
  },
});

async function makeOld(path: string): Promise<void> {
  const time = new Date(NOW_MS - DAY_MS - 1);
  await Deno.utime(path, time, time);
}
