import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { SystemClock } from "../../src/system/system_clock.ts";

Deno.test("SystemClock.now() is epoch milliseconds, monotonicMs() never goes back", () => {
  const clock = new SystemClock();
  const before = Date.now();
  assertGreaterOrEqual(clock.now(), before);
  const first = clock.monotonicMs();
  assertGreaterOrEqual(clock.monotonicMs(), first);
});

Deno.test("SystemClock.sleep() waits at least as long as it should", async () => {
  const clock = new SystemClock();
  const start = clock.monotonicMs();
  await clock.sleep(20);
  // Timers may fire a fraction of a millisecond early.
  assertGreaterOrEqual(clock.monotonicMs() - start, 19);
  await clock.sleep(0);
  await clock.sleep(-5);
});

Deno.test("SystemClock.sleep() ends at once without an error when it is aborted", async () => {
  const clock = new SystemClock();
  const stop = new AbortController();
  const slept = clock.sleep(3_600_000, stop.signal);
  stop.abort(new Error("must not be thrown"));
  await slept;
  await clock.sleep(3_600_000, stop.signal);
});

Deno.test("SystemClock.sleep() does not take more than 24.8 days for nothing", async () => {
  const stop = new AbortController();
  let isOver = false;
  const slept = new SystemClock().sleep(40 * 86_400_000, stop.signal).then(() => isOver = true);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert(!isOver);
  stop.abort();
  await slept;
  assertEquals(isOver, true);
});
