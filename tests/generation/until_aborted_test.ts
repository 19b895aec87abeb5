import { assertEquals, assertRejects } from "@std/assert";
import { limitTime, noticesUntil, untilAborted } from "../../src/generation/until_aborted.ts";
import { ManualClock, nextTurn } from "../support/manual_clock.ts";

function never(): Promise<never> {
  return new Promise(() => {});
}

Deno.test("untilAborted() resolves or rejects like the promise", async () => {
  const { signal } = new AbortController();
  assertEquals(await untilAborted(Promise.resolve(7), signal), 7);
  await assertRejects(() => untilAborted(Promise.reject(new RangeError("no")), signal), RangeError);
});

Deno.test("untilAborted() returns null at the abort, even an earlier one", async () => {
  const controller = new AbortController();
  const waiting = untilAborted(never(), controller.signal);
  controller.abort();
  assertEquals(await waiting, null);
  assertEquals(await untilAborted(Promise.resolve(7), AbortSignal.abort()), null);
});

Deno.test("untilAborted() ignores a promise that fails after the abort", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  assertEquals(await untilAborted(promise, AbortSignal.abort()), null);
  reject(new Error("too late"));
  await nextTurn();
});

Deno.test("limitTime() ends when the time is up, or earlier when the caller gives up", async () => {
  const clock = new ManualClock();
  using limit = limitTime(100, { clock });
  const controller = new AbortController();
  using shorter = limitTime(100, { clock, giveUp: controller.signal });
  await clock.advance(99);
  controller.abort();
  assertEquals([limit.signal.aborted, shorter.signal.aborted], [false, true]);
  await clock.advance(1);
  assertEquals(limit.signal.aborted, true);
});

Deno.test("limitTime() stops its timer without an end when it is disposed", async () => {
  const clock = new ManualClock();
  const limit = limitTime(100, { clock });
  limit[Symbol.dispose]();
  await clock.advance(200);
  assertEquals(limit.signal.aborted, false);
});

Deno.test("noticesUntil() makes one notice of changes that came together, and ends with the signal", async () => {
  const stop = new AbortController();
  let isListening = false;
  let notices = 0;
  const changes = noticesUntil(stop.signal, (notify) => {
    isListening = true;
    notify();
    notify();
    return () => {
      isListening = false;
    };
  });
  assertEquals(isListening, false);
  for await (const _ of changes) {
    assertEquals(isListening, true);
    notices++;
    queueMicrotask(() => stop.abort());
  }
  assertEquals([notices, isListening], [1, false]);
});

Deno.test("noticesUntil() gives none after the signal, and ends for who wants no more", async () => {
  for (const end of ["signal", "break"]) {
    const stop = new AbortController();
    let isListening = false;
    let notify = (): void => {};
    let notices = 0;
    for await (
      const _ of noticesUntil(stop.signal, (wake) => {
        isListening = true;
        notify = wake;
        notify();
        return () => {
          isListening = false;
        };
      })
    ) {
      notices++;
      // A change that comes with the end.
      notify();
      if (end === "break") break;
      stop.abort();
    }
    assertEquals([notices, isListening], [1, false], end);
  }
});
