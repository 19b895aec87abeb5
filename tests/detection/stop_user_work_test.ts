import { assert, assertEquals, assertRejects } from "@std/assert";
import { mayHaveWork, stopUserWork } from "../../src/detection/stop_user_work.ts";
import type { UserWork, UserWorkCount, UserWorkStop } from "../../src/detection/stop_user_work.ts";
import { ServerRefusedError, ServerUnreachableError } from "../../src/errors.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { SERVER_URL } from "../support/sample_records.ts";
import { waitFor } from "../support/wait_for.ts";

const QUIET = { waitingGens: 0, loadingModels: 0, waitingBackends: 0, liveGens: 0 };
const BUSY = { waitingGens: 4, loadingModels: 0, waitingBackends: 2, liveGens: 2 };

/** A user whose counts come one after another; the last one repeats. */
class FakeUserWork implements UserWork {
  readonly url = SERVER_URL;
  readonly #counts: (Omit<UserWorkCount, "user"> | Error)[];
  interrupts = 0;
  counted = 0;
  refusal: Error | null = null;

  constructor(counts: readonly (Omit<UserWorkCount, "user"> | Error)[]) {
    this.#counts = [...counts];
  }

  count(): Promise<UserWorkCount> {
    this.counted++;
    const [next] = this.#counts.length > 1 ? this.#counts.splice(0, 1) : this.#counts;
    if (next instanceof Error) return Promise.reject(next);
    return Promise.resolve({ user: "local", own: null, all: null, ...next });
  }

  interruptAll(): Promise<void> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    this.interrupts++;
    return Promise.resolve();
  }
}

async function stop(
  work: UserWork,
  giveUp = new AbortController(),
): Promise<UserWorkStop & { readonly tookMs: number }> {
  const clock = new ManualClock();
  let isOver = false;
  const stopped = stopUserWork(work, { clock, giveUp: giveUp.signal }).finally(() => isOver = true);
  stopped.catch(() => {});
  while (!isOver) {
    await clock.advance(100);
    assert(clock.monotonicMs() < 60_000, "it does not end");
  }
  return { ...await stopped, tookMs: clock.monotonicMs() };
}

Deno.test("mayHaveWork() goes by the user's own counters, else by all users'", () => {
  assertEquals(mayHaveWork({ user: null, own: QUIET, all: BUSY }), false);
  assertEquals(mayHaveWork({ user: null, own: BUSY, all: BUSY }), true);
  assertEquals(mayHaveWork({ user: null, own: null, all: BUSY }), true);
  assertEquals(mayHaveWork({ user: null, own: null, all: QUIET }), false);
  assertEquals(mayHaveWork({ user: null, own: null, all: null }), null);
});

Deno.test("stopUserWork() interrupts once and waits for the user's own counters", async () => {
  const work = new FakeUserWork([
    { own: BUSY, all: BUSY },
    { own: BUSY, all: BUSY },
    { own: QUIET, all: BUSY },
  ]);
  const { outcome, after } = await stop(work);
  assertEquals({ outcome, own: after?.own, all: after?.all }, {
    outcome: "stopped",
    own: QUIET,
    all: BUSY,
  });
  assertEquals(work.interrupts, 1);
});

Deno.test("stopUserWork() says after 10 s that there is work left, or new", async () => {
  const { outcome, tookMs } = await stop(new FakeUserWork([{ own: BUSY, all: BUSY }]));
  assertEquals(outcome, "still_running");
  assert(tookMs >= 10_000 && tookMs < 11_000);
});

Deno.test("stopUserWork() confirms by all users' counters only if they are zero", async () => {
  const alone = new FakeUserWork([{ own: null, all: BUSY }, { own: null, all: QUIET }]);
  assertEquals((await stop(alone)).outcome, "stopped");
  const others = await stop(new FakeUserWork([{ own: null, all: BUSY }]));
  assertEquals(others.outcome, "not_confirmed");
  assert(others.tookMs >= 3_000 && others.tookMs < 4_000);
});

Deno.test("stopUserWork() confirms nothing where it is told nothing", async () => {
  const { outcome, tookMs } = await stop(new FakeUserWork([{ own: null, all: null }]));
  assertEquals(outcome, "not_confirmed");
  assert(tookMs < 1_000);
});

Deno.test("stopUserWork() asks again where a question was not answered, 10 s long", async () => {
  const away = new ServerUnreachableError("Cannot count: no answer");
  const back = new FakeUserWork([away, away, { own: QUIET, all: QUIET }]);
  assertEquals((await stop(back)).outcome, "stopped");
  await assertRejects(() => stop(new FakeUserWork([away])), ServerUnreachableError);
});

Deno.test("stopUserWork() throws a refusal", async () => {
  const work = new FakeUserWork([{ own: BUSY, all: BUSY }]);
  work.refusal = new ServerRefusedError("Cannot stop: no right");
  await assertRejects(() => stop(work), ServerRefusedError, "no right");
});

Deno.test("stopUserWork() ends at once when it is given up, with what it has counted", async () => {
  const giveUp = new AbortController();
  const work = new FakeUserWork([{ own: BUSY, all: BUSY }]);
  const stopping = stopUserWork(work, { clock: new ManualClock(), giveUp: giveUp.signal });
  await waitFor(() => work.counted > 0, { what: "a count" });
  giveUp.abort();
  const { outcome, after } = await stopping;
  assertEquals([outcome, after?.own], ["still_running", BUSY]);
});

Deno.test("stopUserWork() ends at once when it is given up, whatever does not answer", async () => {
  const hanging: readonly Partial<UserWork>[] = [
    { interruptAll: () => new Promise(() => {}) },
    { count: () => new Promise(() => {}) },
  ];
  for (const changes of hanging) {
    const giveUp = new AbortController();
    const work = Object.assign(new FakeUserWork([{ own: BUSY, all: BUSY }]), changes);
    const stopping = stopUserWork(work, { clock: new ManualClock(), giveUp: giveUp.signal });
    giveUp.abort();
    assertEquals(await stopping, { outcome: "not_confirmed", after: null });
  }
});
