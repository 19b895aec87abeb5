import { assertEquals, assertRejects } from "@std/assert";
import { PermissionError, StateFileError } from "../../../src/errors.ts";
import type { LockState, OwnerLocks } from "../../../src/generation/records/owner.ts";
import { createOwnerLocks } from "../../../src/state/private/owner_locks.ts";
import { ManualClock, nextTurn } from "../../support/manual_clock.ts";
import { NOW_MS } from "../../support/sample_records.ts";
import { startScript } from "../../support/script_process.ts";
import { tempDir } from "../../support/temp_dir.ts";

const ID = "gen-abc123";
const DAY_MS = 24 * 60 * 60 * 1000;

function locksIn(directory: string): OwnerLocks {
  return createOwnerLocks({ directory, clock: new ManualClock(NOW_MS) });
}

Deno.test("probe() sees a lock held, then free when abandoned and absent when released", async () => {
  await using dir = await tempDir();
  const locks = locksIn(dir.path);
  const others = locksIn(dir.path);
  const seen: LockState[] = [await others.probe(ID)];
  const first = await locks.hold(ID);
  seen.push(await others.probe(ID), await others.probe("gen-other"));
  first.abandon();
  seen.push(await others.probe(ID));
  const second = await locks.hold(ID);
  seen.push(await others.probe(ID));
  second.release();
  second.release();
  seen.push(await others.probe(ID));
  assertEquals(seen, ["unseen", "held", "absent", "free", "held", "absent"]);
});

Deno.test("probe() sees a lock free as soon as its owner was killed", async () => {
  await using dir = await tempDir();
  const locks = locksIn(dir.path);
  const args = [dir.path, ID];
  await using owner = startScript("owner_process.ts", { directory: dir.path, args });
  assertEquals(await owner.nextLine(), "held");
  assertEquals(await locks.probe(ID), "held");
  owner.kill("SIGKILL");
  await owner.status;
  assertEquals(await locks.probe(ID), "free");
});

Deno.test("hold() waits while a reader's probe is in the way", async () => {
  await using dir = await tempDir();
  const locks = locksIn(dir.path);
  (await locks.hold(ID)).abandon();
  const probe = await Deno.open(dir.join("live", `${ID}.lock`), { read: true });
  probe.tryLockSync(false);
  const holding = locks.hold(ID);
  // It tries before it waits, and it waits through the event loop.
  await nextTurn();
  probe.close();
  const hold = await holding;
  assertEquals(await locks.probe(ID), "held");
  hold.release();
});

Deno.test("hold() fails when another process keeps the lock", async () => {
  await using dir = await tempDir();
  const locks = locksIn(dir.path);
  const hold = await locks.hold(ID);
  const others = createOwnerLocks({ directory: dir.path, clock: new ManualClock(), waitMs: 1 });
  const error = await assertRejects(() => others.hold(ID), StateFileError);
  assertEquals(error.message, `Cannot hold the owner lock of ${ID}: another process holds it`);
  hold.release();
});

Deno.test({
  name: "hold() closes its directory and files to others",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using dir = await tempDir();
    const hold = await locksIn(dir.join("state")).hold(ID);
    const modes = ["state", "state/live", `state/live/${ID}.lock`]
      .map((name) => (Deno.statSync(dir.join(name)).mode ?? 0) & 0o777);
    assertEquals(modes, [0o700, 0o700, 0o600]);
    hold.release();
  },
});

Deno.test("hold() sweeps free locks of more than a day, never held or younger ones", async () => {
  await using dir = await tempDir();
  const locks = locksIn(dir.path);
  const held = await locks.hold("held");
  (await locks.hold("old")).abandon();
  (await locks.hold("young")).abandon();
  for (const name of ["held", "old"]) {
    const time = new Date(NOW_MS - DAY_MS - 1);
    await Deno.utime(dir.join("live", `${name}.lock`), time, time);
  }
  const next = await locks.hold("next");
  const states = ["held", "old", "young", "next"].map((id) => locks.probe(id));
  assertEquals(await Promise.all(states), ["held", "absent", "free", "held"]);
  held.release();
  next.release();
});

Deno.test("owner locks never make a path of an unsafe id", async () => {
  await using dir = await tempDir();
  const locks = locksIn(dir.join("state"));
  for (const id of ["../x", "a/b", "", "x".repeat(65)]) {
    assertEquals(await locks.probe(id), "unseen");
    await assertRejects(() => locks.hold(id), StateFileError);
  }
  assertEquals(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test({
  name: "owner locks are unseen without the permission to read, and the flags are named",
  permissions: {},
  fn: async () => {
    const locks = locksIn("/state");
    assertEquals(await locks.probe(ID), "unseen");
    const error = await assertRejects(() => locks.hold(ID), PermissionError);
    assertEquals(error.needs, "--allow-read=/state --allow-write=/state");
  },
});
