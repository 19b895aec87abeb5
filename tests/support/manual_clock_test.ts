import { assertEquals } from "@std/assert";
import { ManualClock } from "./manual_clock.ts";

Deno.test("ManualClock.advance() wakes sleepers in order, each at its own time", async () => {
  const clock = new ManualClock(1_000);
  const woken: string[] = [];
  async function sleepTwice(name: string, ms: number): Promise<void> {
    for (let turn = 1; turn <= 2; turn++) {
      await clock.sleep(ms);
      woken.push(`${name}${turn} at ${clock.now()}`);
    }
  }
  const all = Promise.all([sleepTwice("slow", 30), sleepTwice("fast", 20)]);
  await clock.advance(45);
  assertEquals(woken, ["fast1 at 1020", "slow1 at 1030", "fast2 at 1040"]);
  assertEquals([clock.now(), clock.monotonicMs(), clock.sleeperCount], [1_045, 45, 1]);
  await clock.advance(15);
  await all;
  assertEquals(woken.at(-1), "slow2 at 1060");
});

Deno.test("ManualClock.setNow() moves the wall clock only", async () => {
  const clock = new ManualClock(10_000);
  await clock.advance(500);
  clock.setNow(1_000);
  await clock.advance(5);
  assertEquals([clock.now(), clock.monotonicMs()], [1_005, 505]);
});

Deno.test("ManualClock.sleep() ends without an error when its signal is aborted", async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const slept = clock.sleep(1_000, stop.signal);
  stop.abort();
  await slept;
  await clock.sleep(1_000, stop.signal);
  assertEquals(clock.sleeperCount, 0);
});
