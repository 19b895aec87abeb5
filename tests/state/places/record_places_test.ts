import { assertEquals } from "@std/assert";
import { ServerSession } from "../../../src/generation/session.ts";
import { createRecordPlaces } from "../../../src/state/places/record_places.ts";
import { createSessionCache } from "../../../src/state/private/session_cache.ts";
import { createUserStore } from "../../../src/state/records/user_store.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { sampleRecord, SERVER_URL } from "../../support/sample_records.ts";
import { startScript } from "../../support/script_process.ts";
import type { TempDir } from "../../support/temp_dir.ts";
import { withTempDir } from "../../support/temp_dir.ts";

const isWindows = Deno.build.os === "windows";
const UUID = "0c5c6a1e-3f2b-4a1d-9c7e-5b6a7d8e9f00";

/** The places of a directory: its state file, its user directory; two minutes from now. */
function placesIn(dir: TempDir): ReturnType<typeof createRecordPlaces> {
  return createRecordPlaces({
    stateFile: dir.join("state.json"),
    isNamed: true,
    user: { directory: dir.join("user") },
    clock: new ManualClock(Date.now() + 120_000),
  });
}

async function touch(...paths: readonly string[]): Promise<void> {
  for (const path of paths) await Deno.writeTextFile(path, "");
}

/** Records, a session and all their directories, as the tool itself makes them. */
async function fillUserDirectory(dir: TempDir): Promise<void> {
  const user = { directory: dir.join("user"), clock: { now: () => Date.now() } };
  await createUserStore(user).put({ record: sampleRecord({ id: "gen-1" }), session: null });
  const cache = createSessionCache(user);
  for (
    const [serverUrl, credentialsHash] of [
      [SERVER_URL, "a1"],
      ["http://localhost:7801", "a1"],
      [SERVER_URL, "b2"],
      ["http://gpu-box:7801", "c3"],
    ] as const
  ) {
    const session = new ServerSession("secret", { serverUrl, createdAt: Date.now() });
    await cache.save({ serverUrl, credentialsHash }, { session, offSince: new Map() });
  }
  await Deno.mkdir(dir.join("user", "live"), { mode: 0o700 });
}

Deno.test("createRecordPlaces() tries both places", () =>
  withTempDir(async (dir) => {
    const places = placesIn(dir);
    const works = { kind: "works", locks: { kind: "works" } } as const;
    assertEquals(await places.tryStateDirectory(), { ...works, path: dir.path, exists: true });
    assertEquals(await places.tryUserDirectory(), {
      ...works,
      path: dir.join("user"),
      exists: false,
    });
    assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
  }));

Deno.test("createRecordPlaces() says that no variable names the user's place", async () => {
  const clock = new ManualClock();
  const user = { needs: "--allow-env=HOME" };
  const places = createRecordPlaces({ stateFile: "/none/state.json", user, clock });
  assertEquals(await places.tryUserDirectory(), { kind: "no_place", ...user });
  const look = await places.look(SERVER_URL);
  assertEquals([look.openToOthers, look.deadLocks, look.logins], [null, null, null]);
});

Deno.test({
  name: "createRecordPlaces() tries the directory that a named and linked state file lies in",
  ignore: isWindows,
  fn: () =>
    withTempDir(async (dir) => {
      await Deno.mkdir(dir.join("real"));
      await Deno.symlink("real/state.json", dir.join("state.json"));
      const trial = await placesIn(dir).tryStateDirectory();
      assertEquals(trial.kind === "works" && trial.path, dir.join("real"));
      await touch(dir.join("real", "state.json.corrupt-1"));
      const { corrupt } = await placesIn(dir).look(SERVER_URL);
      assertEquals(corrupt, [dir.join("real", "state.json.corrupt-1")]);
    }),
});

Deno.test("look() finds nothing where nothing is, and nothing odd in what the tool makes", () =>
  withTempDir(async (dir) => {
    const clean = { corrupt: [], temporary: [], deadLocks: 0, heldLocks: [] };
    const openToOthers = isWindows ? null : [];
    const empty = await placesIn(dir).look(SERVER_URL);
    assertEquals(empty, { ...clean, openToOthers, logins: 0 });
    await fillUserDirectory(dir);
    const full = await placesIn(dir).look(SERVER_URL);
    assertEquals(full, { ...clean, openToOthers, logins: 2 });
  }));

Deno.test("look() finds what killed processes left behind", () =>
  withTempDir(async (dir) => {
    await fillUserDirectory(dir);
    const left = [
      dir.join(".asset-generator-doctor-1.tmp"),
      dir.join(`state.json.${UUID}.tmp`),
      dir.join("user", "generations", `gen-1.json.${UUID}.tmp`),
      dir.join("user", "sessions", `x.json.${UUID}.tmp`),
    ];
    await touch(...left);
    await touch(dir.join("state.json.corrupt-2"), dir.join("state.json.corrupt-1"));
    await touch(dir.join(`other.json.${UUID}.tmp`), dir.join("state.json"));
    // None of these is ours.
    await touch(dir.join("state.json.tmp"), dir.join("state.json.final.tmp"));
    await touch(
      dir.join("user", "live", "gen-1.lock"),
      dir.join("user", "live", "gen-2.lock"),
      dir.join("user", "live", "gen-3.lock"),
    );
    await using owner = startScript("lock_holder.ts", {
      directory: dir.path,
      args: [dir.join("user", "live", "gen-3.lock")],
    });
    assertEquals(await owner.nextLine(), "held");
    const look = await placesIn(dir).look(SERVER_URL);
    assertEquals(look.temporary, left);
    assertEquals(look.corrupt, [
      dir.join("state.json.corrupt-1"),
      dir.join("state.json.corrupt-2"),
    ]);
    assertEquals(look.deadLocks, 1);
  }));

Deno.test("look() takes a temporary file of this minute for a write under way", () =>
  withTempDir(async (dir) => {
    await touch(dir.join("state.json.abc.tmp"));
    const places = createRecordPlaces({
      stateFile: dir.join("state.json"),
      user: { needs: null },
      clock: new ManualClock(Date.now()),
    });
    assertEquals((await places.look(SERVER_URL)).temporary, []);
  }));

Deno.test("look() finds a lock that another process holds, but not one that is free", () =>
  withTempDir(async (dir) => {
    await fillUserDirectory(dir);
    await touch(dir.join("state.json.lock"));
    const args = [dir.join("state.json.lock")];
    {
      await using holder = startScript("lock_holder.ts", { directory: dir.path, args });
      assertEquals(await holder.nextLine(), "held");
      const { heldLocks } = await placesIn(dir).look(SERVER_URL);
      assertEquals(heldLocks, args);
    }
    assertEquals((await placesIn(dir).look(SERVER_URL)).heldLocks, []);
  }));

Deno.test({
  name: "look() finds directories and files of sessions that are open to others",
  ignore: isWindows,
  fn: () =>
    withTempDir(async (dir) => {
      await fillUserDirectory(dir);
      const record = dir.join("user", "generations", "gen-1.json");
      await Deno.chmod(dir.join("user", "sessions"), 0o755);
      await Deno.chmod(record, 0o640);
      for (const name of ["requests", "choices"]) {
        await Deno.mkdir(dir.join("user", name));
        await Deno.chmod(dir.join("user", name), 0o755);
      }
      const { openToOthers } = await placesIn(dir).look(SERVER_URL);
      assertEquals(openToOthers, [
        ...["sessions", "requests", "choices"].map((name) => dir.join("user", name)),
        record,
      ]);
    }),
});
