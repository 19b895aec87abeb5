/**
 * Limits for everything that comes from outside: reaching one is reported, and never leads to a
 * wrong "idle".
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BackendHistory } from "../../src/detection/backend_history.ts";
import { detect } from "../../src/detection/detect.ts";
import { createOwnerLocks } from "../../src/state/private/owner_locks.ts";
import { createFileStore } from "../../src/state/records/file_store.ts";
import { MAX_READ } from "../../src/generation/records/record_codec.ts";
import { createUserStore } from "../../src/state/records/user_store.ts";
import { FloodGauge } from "../../src/swarm/socket/flood_gauge.ts";
import { runCli } from "../support/cli_process.ts";
import { FakeOwnerLocks } from "../support/fake_owner_locks.ts";
import { FakeStore } from "../support/fake_store.ts";
import { type FakeServerScript, FakeSwarmServer } from "../support/fake_swarm_server.ts";
import { ManualClock, nextTurn } from "../support/manual_clock.ts";
import { answered, unanswered, work } from "../support/sample_answers.ts";
import { HERE, NOW_MS, sampleRecord } from "../support/sample_records.ts";
import { startScript } from "../support/script_process.ts";
import { openStage } from "../support/stage.ts";
import { type TempDir, tempDir, withTempDir } from "../support/temp_dir.ts";

const DAY_MS = 86_400_000;

/** Makes records of the user scope, the newest last. */
async function makeRecords(dir: TempDir, about: {
  readonly count: number;
  readonly nowMs: number;
  readonly serverUrl: string;
  readonly host?: string;
}): Promise<readonly string[]> {
  const { count, nowMs, serverUrl } = about;
  await Deno.mkdir(dir.join("generations"), { mode: 0o700 });
  return Array.from({ length: count }, (_, index) => {
    const id = `gen-${100_000 + index}`;
    const at = new Date(nowMs - count + index);
    const record = {
      id,
      status: "generating",
      progress: 0.5,
      start_time: at.toISOString(),
      updated_at: at.toISOString(),
      server_url: serverUrl,
      server_id: null,
      host: about.host ?? HERE,
      pid: 1,
      images_total: 4,
      images_done: 1,
      session: null,
    };
    const path = dir.join("generations", `${id}.json`);
    Deno.writeTextFileSync(path, JSON.stringify(record));
    Deno.utimeSync(path, at, at);
    return id;
  });
}

Deno.test("createUserStore() reads the newest of very many records, and says so", () =>
  withTempDir(async (dir) => {
    const count = MAX_READ + 500;
    const ids = await makeRecords(dir, {
      count,
      nowMs: NOW_MS,
      serverUrl: "http://127.0.0.1:7801",
    });
    // A day without a heartbeat: it is over, and does not count as unread.
    const old = new Date(NOW_MS - DAY_MS - 1);
    Deno.utimeSync(dir.join("generations", `${ids[0]}.json`), old, old);
    const clock = new ManualClock(NOW_MS);
    const reading = await createUserStore({ directory: dir.path, clock }).list();
    assert(reading.answered);
    assertEquals(reading.publications.map(({ record }) => record.id), ids.slice(500));
    assertEquals(reading.unread, 499);
    assertEquals(reading.problems, [
      `Only the ${MAX_READ} newest records of this user were read, 499 more were not ` +
      `("${dir.path}"; they go a day after they were written)`,
    ]);
  }));

Deno.test("createFileStore() reads the newest of very many records, and says so", () =>
  withTempDir(async (dir) => {
    const path = dir.join("state.json");
    const sessions = Object.fromEntries(
      Array.from({ length: MAX_READ + 3 }, (_, index) => [`gen-${index}`, {
        id: `gen-${index}`,
        status: "generating",
        start_time: new Date(NOW_MS - 60_000).toISOString(),
        updated_at: new Date(NOW_MS - index).toISOString(),
      }]),
    );
    await Deno.writeTextFile(path, JSON.stringify({ sessions }));
    const reading = await createFileStore({ path, clock: new ManualClock(NOW_MS) }).list();
    assert(reading.answered);
    assertEquals(reading.publications.length, MAX_READ);
    assertEquals(reading.publications.some(({ record }) => record.id === `gen-${MAX_READ}`), false);
    assertEquals(reading.unread, 3);
    assertEquals(reading.problems, [
      `Only the ${MAX_READ} newest records of state file "${path}" were read, 3 more were not`,
    ]);
  }));

Deno.test("a state file of 30 MB is reported and left as it is, and the generation goes on", async () => {
  await using stage = await openStage();
  const sessions = { huge: { status: "generating", x: "x".repeat(30_000_000) } };
  await Deno.writeTextFile(stage.stateFile, JSON.stringify({ sessions }));
  const { size, mtime } = await Deno.stat(stage.stateFile);
  const message = `Cannot read state file "${stage.stateFile}": it has ${size} bytes, more than ` +
    "12582912 (name another file)";
  await using generating = stage.generate();
  await stage.untilWorking(1);
  const { verdict, active_generations, detection } = await stage.status();
  assertEquals([verdict, active_generations.length], ["busy", 1]);
  const tier = detection.tiers.find(({ scope }) => scope === "directory");
  assertEquals([tier?.answered, tier?.["message"]], [false, message]);
  await stage.finish();
  const { code, err } = await generating.end();
  assertEquals([code, err], [0, `Warning: ${message}\n`]);
  const after = await Deno.stat(stage.stateFile);
  assertEquals([after.size, after.mtime], [size, mtime]);
});

Deno.test("no change makes a state file too large to be read again", () =>
  withTempDir(async (dir) => {
    const path = dir.join("state.json");
    const store = createFileStore({ path, clock: new ManualClock(NOW_MS) });
    const record = sampleRecord();
    // With line breaks and indentation it would have 80 MB.
    const dense = "[".repeat(90) + `${"[],".repeat(400_000)}[]` + "]".repeat(90);
    await Deno.writeTextFile(path, `{"sessions":{},"dense":${dense}}`);
    await store.put({ record, session: null });
    const reading = await store.list();
    assert(reading.answered);
    assertEquals(reading.publications.map(({ record }) => record.id), [record.id]);
    assertEquals(reading.problems, []);
    await store.remove(record.id);
    const after = await store.list();
    assertEquals(after.answered && after.publications, []);
  }));

Deno.test("a state file that somebody filled completely is reported once, and the generation goes on", async () => {
  await using stage = await openStage();
  const { stateFile } = stage;
  const text = JSON.stringify({ sessions: {}, x: "x".repeat(12 * 1024 * 1024 - 100) });
  await Deno.writeTextFile(stateFile, text);
  await using generating = stage.generate();
  await stage.untilWorking(1);
  const { verdict, active_generations, detection } = await stage.status();
  assertEquals([verdict, active_generations.length], ["busy", 1]);
  const tier = detection.tiers.find(({ scope }) => scope === "directory");
  assertEquals(tier?.answered, true);
  assertStringIncludes(
    JSON.stringify(tier),
    `${
      JSON.stringify(`State file "${stateFile}" is full: new generations may be missing in it`)
        .slice(1, -1)
    }`,
  );
  await stage.finish();
  const { code, err } = await generating.end();
  assertEquals([code, err], [
    0,
    `Warning: Cannot write state file "${stateFile}": it is full, for it may not have more than ` +
    "12582912 bytes (remove it, or name another with --state-file)\n",
  ]);
  assertEquals(await Deno.readTextFile(stateFile), text);
});

Deno.test("records dated in the future push out none that may live", () =>
  withTempDir(async (dir) => {
    const path = dir.join("state.json");
    const record = (id: string, at: number): [string, unknown] => {
      const updated_at = new Date(at).toISOString();
      return [id, { id, status: "generating", start_time: updated_at, updated_at, host: "h" }];
    };
    const nonsense = Array.from(
      { length: MAX_READ },
      (_, index) => record(`gen-x${index}`, NOW_MS + 60_000 + index),
    );
    const living = [record("gen-a", NOW_MS - 1_000), record("gen-b", NOW_MS + 20_000)];
    const sessions = Object.fromEntries([...nonsense, ...living]);
    await Deno.writeTextFile(path, JSON.stringify({ sessions }));
    const reading = await createFileStore({ path, clock: new ManualClock(NOW_MS) }).list();
    assert(reading.answered);
    const ids = reading.publications.map(({ record }) => record.id);
    assertEquals([ids.length, ids.slice(0, 3)], [MAX_READ, ["gen-b", "gen-a", "gen-x0"]]);
    assertEquals(reading.unread, 2);

    await makeRecords(dir, { count: MAX_READ + 1, nowMs: NOW_MS, serverUrl: "http://h:1" });
    const ahead = new Date(NOW_MS + 3_600_000);
    for (let index = 1; index <= MAX_READ; index++) {
      Deno.utimeSync(dir.join("generations", `gen-${100_000 + index}.json`), ahead, ahead);
    }
    const own = await createUserStore({ directory: dir.path, clock: new ManualClock(NOW_MS) })
      .list();
    assert(own.answered);
    assertEquals(own.publications[0]?.record.id, "gen-100000");
  }));

Deno.test("createUserStore() does not open what is not a plain file, nor a huge one", {
  ignore: Deno.build.os === "windows",
}, () =>
  withTempDir(async (dir) => {
    await Deno.mkdir(dir.join("generations"), { mode: 0o700 });
    await new Deno.Command("mkfifo", { args: [dir.join("generations", "pipe.json")] }).output();
    await Deno.symlink("/dev/zero", dir.join("generations", "link.json"));
    await Deno.writeFile(dir.join("generations", "huge.json"), new Uint8Array(2_000_000));
    const reading = await createUserStore({
      directory: dir.path,
      clock: new ManualClock(),
    }).list();
    assertEquals(reading.answered && reading.problems, [
      'Record "huge" of this user cannot be read: it has 2000000 bytes, more than 1048576',
      'Record "link" of this user cannot be read: it is a symbolic link',
      'Record "pipe" of this user cannot be read: it is not a plain file',
    ]);
  }));

Deno.test("createUserStore() reports a few of thousands of broken records", () =>
  withTempDir(async (dir) => {
    await Deno.mkdir(dir.join("generations"), { mode: 0o700 });
    for (let index = 0; index < 100; index++) {
      Deno.writeTextFileSync(dir.join("generations", `broken-${index}.json`), "{");
    }
    const reading = await createUserStore({
      directory: dir.path,
      clock: new ManualClock(),
    }).list();
    assertEquals(reading.answered && reading.problems.length, 21);
    assertEquals(reading.answered && reading.problems[20], "80 more problems of this kind");
  }));

Deno.test("createOwnerLocks() lets other work go on while it looks at very many locks", () =>
  withTempDir(async (dir) => {
    await Deno.mkdir(dir.join("live"), { mode: 0o700 });
    const ids = Array.from({ length: 1_000 }, (_, index) => `gen-${index}`);
    for (const id of ids) Deno.writeTextFileSync(dir.join("live", `${id}.lock`), "");
    const locks = createOwnerLocks({
      directory: dir.path,
      clock: new ManualClock(),
    });
    let isOver = false;
    let turns = 0;
    const others = (async () => {
      while (!isOver) {
        await nextTurn();
        turns++;
      }
    })();
    for (const id of ids) assertEquals(await locks.probe(id), "free");
    isOver = true;
    await others;
    assert(turns > 1, `only ${turns} turns of others`);
  }));

Deno.test("status over very many records of the living answers, and calls it busy", async () => {
  await using stage = await openStage();
  await using dir = await tempDir();
  const about = { count: 5_000, nowMs: Date.now(), serverUrl: stage.server.url, host: "far" };
  await makeRecords(dir, about);
  const env = { ASSET_GENERATOR_STATE_DIR: dir.path };
  const status = await stage.status({ env });
  assertEquals([status.status, status.verdict, status.generations_running_basis], [
    "online",
    "busy",
    "at_least",
  ]);
  assertEquals(status.active_generations.length, MAX_READ);
  assertEquals(status.detection.blind_spots, [
    "3000 older records, which were not read",
  ]);
});

const LIMITED: readonly {
  readonly name: string;
  readonly script: FakeServerScript;
  readonly verdict: string;
  readonly count: number | null;
  readonly untracked: number | null;
}[] = [
  { name: "counters at zero", script: {}, verdict: "idle", count: 0, untracked: 0 },
  {
    // Nobody can say that it was started elsewhere.
    name: "work on the server",
    script: { global: [answered(work(2))] },
    verdict: "busy",
    count: 1,
    untracked: 0,
  },
  {
    name: "no counters",
    script: { global: [unanswered("not_permitted")] },
    verdict: "unknown",
    count: null,
    untracked: null,
  },
];

for (const { name, script, ...expected } of LIMITED) {
  Deno.test(`detect() counts records that were not read as not known: ${name}`, async () => {
    const store = new FakeStore("user");
    store.reading = { answered: true, publications: [], problems: ["some"], unread: 7 };
    const { report } = await detect({
      stores: [store],
      locks: new FakeOwnerLocks(),
      hostname: () => HERE,
      server: new FakeSwarmServer(script),
      clock: new ManualClock(),
      history: new BackendHistory(),
    }, { models: false });
    const { verdict, generationsRunning, images, blindSpots, basis } = report;
    assertEquals({ verdict, count: generationsRunning, untracked: images.untracked }, expected);
    assertEquals(basis === "exact", false);
    assertEquals(blindSpots[0], "7 older records, which were not read");
    assertEquals(report.evidence[0]?.detail, { records: 0, running: 0, unread: 7 });
  });
}

for (const kind of ["text", "pong"]) {
  Deno.test(`generate image ends with one line when a server floods it with ${kind} frames`, async () => {
    await using directory = await tempDir();
    await using server = startScript("flood_server.ts", {
      directory: directory.path,
      args: [kind],
      permissions: ["--allow-net=127.0.0.1"],
    });
    const url = await server.nextLine() ?? "";
    const { code, err } = await runCli(
      ["generate", "image", "-p", "a cat", "--model", "tiny", "--api-url", url],
      { cwd: directory.path },
    );
    const [line = "", ...rest] = err.trimEnd().split("\n");
    assertEquals([code, rest], [5, []], err);
    assertStringIncludes(
      line,
      "Error: Cannot follow the generation: the server sends more than can be taken in; 0 of 1",
    );
  });
}

Deno.test("FloodGauge lets a burst pass and what comes at a generation's pace, and no more", () => {
  let nowMs = 0;
  const gauge = new FloodGauge(() => nowMs);
  for (let at = 0; at < 300_000; at++) assertEquals(gauge.isCrowded(), false);
  assertEquals(gauge.isCrowded(), true);
  nowMs = 10_000;
  for (let at = 0; at < 49_999; at++) assertEquals(gauge.isCrowded(), false);
  assertEquals([gauge.isCrowded(), gauge.isCrowded()], [true, true]);

  const mib = 1024 * 1024;
  assertEquals([gauge.isFull(512 * mib), gauge.isFull(1)], [false, true]);
  nowMs += 60_000;
  assertEquals([gauge.isFull(479 * mib), gauge.isFull(mib)], [false, true]);
  nowMs += 3_600_000;
  assertEquals([gauge.isFull(512 * mib), gauge.isFull(1)], [false, true]);
});
