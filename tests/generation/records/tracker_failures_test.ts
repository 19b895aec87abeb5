import { assert, assertEquals } from "@std/assert";
import { StateFileError } from "../../../src/errors.ts";
import type { TrackedGeneration } from "../../../src/generation/records/tracked_generation.ts";
import { trackGeneration } from "../../../src/generation/records/tracker.ts";
import { FakeOwnerLocks } from "../../support/fake_owner_locks.ts";
import { FakeStore } from "../../support/fake_store.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { sampleSession, SERVER_URL } from "../../support/sample_records.ts";

interface Setting {
  readonly clock: ManualClock;
  readonly directory: FakeStore;
  readonly user: FakeStore;
  readonly locks: FakeOwnerLocks;
  readonly warnings: string[];
  begin(): Promise<TrackedGeneration>;
}

function setUp(): Setting {
  const clock = new ManualClock();
  const [directory, user] = [new FakeStore("directory"), new FakeStore("user")];
  const locks = new FakeOwnerLocks();
  const warnings: string[] = [];
  return {
    clock,
    directory,
    user,
    locks,
    warnings,
    begin: () =>
      trackGeneration({ serverUrl: SERVER_URL, imagesTotal: 1 }, {
        stores: [directory, user],
        locks,
        ends: null,
        clock,
        host: null,
        pid: 1,
        warn: (message) => warnings.push(message),
      }),
  };
}

function fileError(found: string): StateFileError {
  return new StateFileError(`Cannot write state file: ${found}`);
}

Deno.test("trackGeneration() warns once of a store that fails, and goes on in the others", async () => {
  const { clock, directory, user, locks, warnings, begin } = setUp();
  directory.failure = fileError("no space left");
  const generation = await begin();
  await generation.starting(sampleSession("own"));
  generation.progress({ progress: 0.5, imagesDone: 0 });
  await clock.advance(20_000);
  assertEquals(warnings, ["Cannot write state file: no space left"]);
  assertEquals(directory.log, []);
  assertEquals(user.log.slice(0, 3), ["put pending 0", "put starting 0", "put generating 0.5"]);
  assert(user.log.length >= 6, "the heartbeat goes on");
  await generation.finish();
  assertEquals(user.publications.size, 0);
  assertEquals(warnings.length, 1);
  assertEquals(locks.log, ["hold", "abandon"]);
});

Deno.test("trackGeneration() warns of each store that fails, once", async () => {
  const { clock, directory, user, warnings, begin } = setUp();
  directory.failure = fileError("read-only");
  user.failure = fileError("no space left");
  const generation = await begin();
  await clock.advance(20_000);
  await generation.finish();
  assertEquals(warnings, [
    "Cannot write state file: read-only",
    "Cannot write state file: no space left",
  ]);
});

Deno.test("trackGeneration() writes to a store again when it has recovered", async () => {
  const { clock, directory, begin } = setUp();
  directory.failure = fileError("locked");
  const generation = await begin();
  directory.failure = null;
  await clock.advance(5_000);
  assertEquals(directory.log, ["put pending 0"]);
  await generation.finish();
});

Deno.test("trackGeneration() goes on without an owner lock, and says so once", async () => {
  const { clock, user, locks, warnings, begin } = setUp();
  locks.failure = fileError("no lock support");
  const generation = await begin();
  await clock.advance(10_000);
  await generation.finish();
  assertEquals(warnings, ["Cannot write state file: no lock support"]);
  assertEquals(user.log, ["put pending 0", "put pending 0", "put pending 0", "remove"]);
});

Deno.test("TrackedGeneration.finish() leaves the lock file where the record could not be removed", async () => {
  const { user, locks, begin } = setUp();
  const generation = await begin();
  user.failure = fileError("gone");
  await generation.finish();
  assertEquals(locks.log, ["hold", "abandon"]);
});

Deno.test("TrackedGeneration does not pile writes up on a slow store", async () => {
  const { clock, directory, user, begin } = setUp();
  const generation = await begin();
  generation.progress({ progress: 0.01, imagesDone: 0 });
  const gate = Promise.withResolvers<void>();
  user.gate = gate.promise;
  for (let step = 2; step <= 100; step++) {
    generation.progress({ progress: step / 100, imagesDone: 0 });
    await clock.advance(300);
  }
  assertEquals([user.mostUnderWay, directory.mostUnderWay], [1, 1]);
  const before = user.log.length;
  user.gate = Promise.resolve();
  gate.resolve();
  await clock.advance(300);
  assert(user.log.length <= before + 2, `${user.log.length - before} writes were waiting`);
  assertEquals(user.log.at(-1), "put generating 1");
  await generation.finish();
});
