/** How work ends that is followed only by its counters. */
import { assert, assertEquals } from "@std/assert";
import { ServerUnreachableError } from "../../../src/errors.ts";
import type { Counters } from "../../../src/generation/server/counters.ts";
import type { WorkEnd } from "../../../src/generation/recovery/follow_work.ts";
import { followWork } from "../../../src/generation/recovery/follow_work.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { QUIET, work } from "../../support/sample_answers.ts";
import { SERVER_URL, sessionOfRun } from "../../support/sample_records.ts";

const AWAY = new ServerUnreachableError("Cannot ask: connection refused");
const WORKS = work(1);

type Told = Counters | "gone" | Error;

/** Follows work of the server's run `first`; the last answer repeats. */
async function follow(told: readonly Told[], options: {
  readonly accepted?: boolean;
  readonly wasAway?: boolean;
  /** The server's present run; `null`: it does not say. */
  readonly present?: string | null;
  /** How far the clock jumps after the second answer, in milliseconds. */
  readonly sleepsMs?: number;
} = {}): Promise<{ readonly end: WorkEnd; readonly tookMs: number; readonly asked: number }> {
  const { accepted = true, wasAway = false, present = "first", sleepsMs } = options;
  const clock = new ManualClock();
  let [isOver, asked] = [false, 0];
  const following = followWork({
    server: {
      url: SERVER_URL,
      sessionCounters: () => {
        const answer = told[Math.min(asked++, told.length - 1)] ?? QUIET;
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
      newSession: () =>
        present === null ? Promise.reject(AWAY) : Promise.resolve(sessionOfRun(present)),
    },
    session: sessionOfRun("first"),
    clock,
    accepted,
    wasAway,
    until: new AbortController().signal,
    onCounters: () => {},
  }).finally(() => isOver = true);
  while (!isOver) {
    await clock.advance(sleepsMs !== undefined && asked === 2 ? sleepsMs : 100);
    assert(clock.monotonicMs() < 10_000_000, "it does not end");
  }
  return { end: await following, tookMs: clock.monotonicMs(), asked };
}

Deno.test("followWork() ends with the counters of work that was accepted", async () => {
  const { end } = await follow([WORKS, QUIET]);
  assertEquals(end, { kind: "over", sawWork: true, isCertain: true });
});

Deno.test("followWork() waits two seconds for a request that may still be on its way", async () => {
  const late = await follow([QUIET, WORKS, QUIET], { accepted: false });
  assertEquals([late.end, late.asked], [{ kind: "over", sawWork: true, isCertain: true }, 3]);
  const never = await follow([QUIET], { accepted: false });
  assertEquals([never.end, never.asked], [{ kind: "over", sawWork: false, isCertain: true }, 3]);
});

Deno.test("followWork() goes on when a server does not answer for a while", async () => {
  const outage = Array.from({ length: 60 }, () => AWAY);
  const { end } = await follow([WORKS, ...outage, WORKS, QUIET]);
  assertEquals(end, { kind: "over", sawWork: true, isCertain: true });
});

Deno.test("followWork() gives up a server after two minutes without an answer", async () => {
  const { end, tookMs } = await follow([WORKS, AWAY]);
  assertEquals(end.kind, "away");
  assert(tookMs >= 120_000 && tookMs < 123_000, `${tookMs}`);
});

Deno.test("followWork() gives the network time after the machine slept", async () => {
  const outage = Array.from({ length: 30 }, () => AWAY);
  const { end } = await follow([WORKS, AWAY, ...outage, QUIET], { sleepsMs: 3_600_000 });
  assertEquals(end.kind, "over");
});

for (
  const [present, told, expected] of [
    ["second", [WORKS, AWAY, QUIET], { kind: "restarted" }],
    ["first", ["gone"], { kind: "restarted" }],
    [null, [WORKS, AWAY, QUIET], { kind: "over", sawWork: true, isCertain: false }],
  ] as const
) {
  Deno.test(`followWork() says ${expected.kind} of a server that is ${present} after ${told}`, async () => {
    assertEquals((await follow(told, { present })).end, expected);
  });
}

Deno.test("followWork() does not take zeros of another server run for the end", async () => {
  assertEquals((await follow([QUIET], { wasAway: true, present: "second" })).end, {
    kind: "restarted",
  });
});
