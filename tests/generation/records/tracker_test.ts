import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { TrackedGeneration } from "../../../src/generation/records/tracked_generation.ts";
import { trackGeneration } from "../../../src/generation/records/tracker.ts";
import { FakeOwnerLocks } from "../../support/fake_owner_locks.ts";
import { FakeStore } from "../../support/fake_store.ts";
import { ManualClock, nextTurn } from "../../support/manual_clock.ts";
import { HERE, NOW_MS, sampleSession, SERVER_URL } from "../../support/sample_records.ts";

interface Setting {
  readonly clock: ManualClock;
  readonly store: FakeStore;
  readonly locks: FakeOwnerLocks;
  readonly warnings: string[];
  readonly generation: TrackedGeneration;
}

async function begin(clock: ManualClock = new ManualClock()): Promise<Setting> {
  const store = new FakeStore("user");
  const locks = new FakeOwnerLocks();
  const warnings: string[] = [];
  const generation = await trackGeneration({ serverUrl: SERVER_URL, imagesTotal: 4 }, {
    stores: [store],
    locks,
    ends: null,
    clock,
    host: HERE,
    pid: 4711,
    warn: (message) => warnings.push(message),
  });
  return { clock, store, locks, warnings, generation };
}

/** The times of all publications, in milliseconds since the first. */
function putTimes(store: FakeStore): readonly number[] {
  return store.puts.map(({ updatedAt }) => updatedAt - NOW_MS);
}

Deno.test("trackGeneration() publishes pending under its lock, then starting, then generating", async () => {
  const { store, locks, generation } = await begin();
  assertEquals(locks.log, ["hold"]);
  assertEquals(store.puts, [{
    id: generation.id,
    status: "pending",
    progress: 0,
    startedAt: NOW_MS,
    updatedAt: NOW_MS,
    serverUrl: SERVER_URL,
    serverId: null,
    host: HERE,
    pid: 4711,
    imagesTotal: 4,
    imagesDone: 0,
    foreign: false,
  }]);
  assertEquals(store.publications.get(generation.id)?.session, null);
  const session = sampleSession("own");
  await generation.starting(session);
  assertEquals(store.log, ["put pending 0", "put starting 0"]);
  assertEquals(store.publications.get(generation.id)?.session, session);
  generation.progress({ progress: 0.1, imagesDone: 0 });
  await generation.finish();
  assertEquals(store.log.slice(2), ["put generating 0.1", "remove"]);
  assertEquals(locks.log, ["hold", "release"]);
});

Deno.test("TrackedGeneration publishes its model, whether it is queued and what is left", async () => {
  const { clock, store, generation } = await begin();
  await generation.starting(sampleSession("own"), "sdxl/base");
  assertEquals(store.puts.at(-1)?.model, "sdxl/base");
  await clock.advance(1_000);
  generation.queued(true);
  await clock.advance(250);
  assertEquals(store.puts.at(-1)?.queued, true);
  generation.queued(false);
  generation.progress({ progress: 0.1, imagesDone: 0, remainingMs: 12_340 });
  await clock.advance(250);
  const { queued, remainingSeconds } = store.puts.at(-1) ?? {};
  assertEquals([queued, remainingSeconds], [false, 12.3]);
  generation.progress({ progress: 0.2, imagesDone: 0, remainingMs: null });
  await clock.advance(250);
  assertEquals(store.puts.at(-1)?.remainingSeconds, null);
  await generation.finish();
});

Deno.test("TrackedGeneration.starting() is written before its promise resolves", async () => {
  const { store, generation } = await begin();
  const gate = Promise.withResolvers<void>();
  store.gate = gate.promise;
  let resolved = false;
  const starting = generation.starting(sampleSession("own")).then(() => resolved = true);
  await nextTurn();
  assertEquals([resolved, store.log.length], [false, 1]);
  gate.resolve();
  await starting;
  assertEquals(store.log, ["put pending 0", "put starting 0"]);
  await generation.finish();
});

Deno.test("TrackedGeneration writes a heartbeat every 5 s when nothing happens", async () => {
  const { clock, store, generation } = await begin();
  await clock.advance(26_000);
  assertEquals(putTimes(store), [0, 5_000, 10_000, 15_000, 20_000, 25_000]);
  await generation.finish();
});

Deno.test("TrackedGeneration writes progress at most four times a second, and the last of it", async () => {
  const { clock, store, generation } = await begin();
  await clock.advance(1_000);
  for (let step = 1; step <= 300; step++) {
    generation.progress({ progress: step / 300, imagesDone: 0 });
    await clock.advance(10);
  }
  await clock.advance(250);
  const times = putTimes(store);
  for (const [index, time] of times.entries()) {
    const inSecond = times.filter((other) => other >= time && other < time + 1_000).length;
    // The change of status is written at once, in addition to the four.
    assert(inSecond <= 5, `${inSecond} writes in the second after write ${index}: ${times}`);
  }
  assert(times.length >= 12, `${times.length} writes in three seconds`);
  assertEquals(store.puts.at(-1)?.progress, 1);
  await generation.finish();
});

Deno.test("TrackedGeneration writes progress less often where a write takes long", async () => {
  const { clock, store, generation } = await begin();
  const put = store.put.bind(store);
  store.put = async (publication) => {
    await clock.sleep(100);
    await put(publication);
  };
  for (let step = 1; step <= 100; step++) {
    generation.progress({ progress: step / 100, imagesDone: 0 });
    await clock.advance(100);
  }
  const times = putTimes(store).slice(3);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  assert(gaps.length > 4 && gaps.every((gap) => gap >= 1_000 && gap <= 1_300), `${gaps}`);
  const ended = generation.finish();
  await clock.advance(1_000);
  await ended;
});

Deno.test("TrackedGeneration.progress() wakes the publication at once after a quiet time", async () => {
  const { clock, store, generation } = await begin();
  generation.progress({ progress: 0.1, imagesDone: 0 });
  await clock.advance(3_000);
  generation.progress({ progress: 0.2, imagesDone: 1 });
  await clock.advance(0);
  assertEquals(store.log.at(-1), "put generating 0.2");
  assertEquals(putTimes(store).at(-1), 3_000);
  await generation.finish();
});

Deno.test("TrackedGeneration.progress() publishes fractions that never go back, whatever it is given", async () => {
  const any = fc.record({
    progress: fc.oneof(fc.double(), fc.double({ min: 0, max: 1 })),
    imagesDone: fc.oneof(fc.integer({ min: -2, max: 6 }), fc.constant(NaN)),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(any, { maxLength: 8 }), async (steps) => {
      const { clock, store, generation } = await begin();
      for (const step of steps) {
        generation.progress(step);
        await clock.advance(250);
      }
      await generation.leave();
      let before = { progress: 0, imagesDone: 0 };
      for (const { progress, imagesDone } of store.puts) {
        assert(progress !== null && progress >= before.progress && progress <= 1, `${progress}`);
        assert(imagesDone !== null && imagesDone >= before.imagesDone, `${imagesDone}`);
        before = { progress, imagesDone };
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("TrackedGeneration keeps its times when the wall clock is set back", async () => {
  const { clock, store, generation } = await begin();
  clock.setNow(NOW_MS - 3_600_000);
  await clock.advance(5_000);
  assertEquals(putTimes(store), [0, -3_595_000]);
  assertEquals(store.puts.at(-1)?.startedAt, NOW_MS);
  await generation.finish();
});

Deno.test("TrackedGeneration.finish() removes the record; nothing that comes later brings it back", async () => {
  for (const status of ["pending", "starting", "generating"]) {
    const { clock, store, generation } = await begin();
    if (status !== "pending") await generation.starting(sampleSession("own"));
    if (status === "generating") generation.progress({ progress: 0.5, imagesDone: 2 });
    const finishing = generation.finish();
    generation.progress({ progress: 0.6, imagesDone: 2 });
    await finishing;
    generation.progress({ progress: 0.7, imagesDone: 3 });
    await generation.starting(sampleSession("own"));
    generation.progress({ progress: 0.8, imagesDone: 3 });
    await clock.advance(11_000);
    assertEquals(store.log.at(-1), "remove", status);
    assertEquals(store.publications.size, 0, status);
    assertEquals(clock.sleeperCount, 0, status);
  }
});

Deno.test("TrackedGeneration.finish() waits for a write under way, so that it cannot come after the removal", async () => {
  const { clock, store, generation } = await begin();
  // After a long sleep: the heartbeat itself does not wait for a write.
  await clock.advance(1_000);
  const gate = Promise.withResolvers<void>();
  store.gate = gate.promise;
  generation.progress({ progress: 0.5, imagesDone: 1 });
  await clock.advance(0);
  const finishing = generation.finish();
  store.gate = Promise.resolve();
  await clock.advance(0);
  assertEquals(store.log, ["put pending 0"]);
  gate.resolve();
  await finishing;
  assertEquals(store.log, ["put pending 0", "put generating 0.5", "remove"]);
});

Deno.test("TrackedGeneration.leave() keeps the latest record and frees the lock without removing its file", async () => {
  const { clock, store, locks, generation } = await begin();
  await generation.starting(sampleSession("own"));
  generation.progress({ progress: 0.25, imagesDone: 1 });
  generation.progress({ progress: 0.5, imagesDone: 2 });
  await generation.leave();
  generation.progress({ progress: 0.75, imagesDone: 3 });
  await clock.advance(11_000);
  assertEquals(store.log.at(-1), "put generating 0.5");
  assertEquals(store.publications.get(generation.id)?.session?.reveal(), "secret-own");
  assertEquals(locks.log, ["hold", "abandon"]);
  assertEquals(clock.sleeperCount, 0);
});

Deno.test("TrackedGeneration ends once: the first of finish() and leave() decides", async () => {
  const first = await begin();
  await Promise.all([first.generation.finish(), first.generation.leave()]);
  await first.generation.leave();
  assertEquals(first.store.log, ["put pending 0", "remove"]);
  assertEquals(first.locks.log, ["hold", "release"]);
  const second = await begin();
  await Promise.all([second.generation.leave(), second.generation.finish()]);
  assertEquals(second.store.log, ["put pending 0", "put pending 0"]);
  assertEquals(second.locks.log, ["hold", "abandon"]);
});

Deno.test("trackGeneration() gives each generation its own record", async () => {
  const one = await begin();
  const other = await begin();
  assertNotEquals(one.generation.id, other.generation.id);
  await one.generation.finish();
  assertEquals(other.store.publications.size, 1);
  await other.generation.finish();
});

Deno.test("trackGeneration() warns of a lock that cannot be held, unless no record can be kept either", async () => {
  for (const failure of [null, new Error("the records' directory is closed")]) {
    const store = new FakeStore("user");
    if (failure !== null) store.put = () => Promise.reject(failure);
    const warnings: string[] = [];
    const generation = await trackGeneration({ serverUrl: SERVER_URL, imagesTotal: 1 }, {
      stores: [store],
      locks: {
        hold: () => Promise.reject(new Error("the locks' directory is closed")),
        probe: () => Promise.resolve("unseen"),
      },
      ends: null,
      clock: new ManualClock(),
      host: HERE,
      pid: 4711,
      warn: (message) => warnings.push(message),
    });
    assertEquals(warnings, [failure?.message ?? "the locks' directory is closed"]);
    await generation.finish();
  }
});
