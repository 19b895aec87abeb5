/** Random servers and random looks: a wait must never end while the server was not really idle. */
import { assert, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { IdleWait } from "../../src/detection/idle_wait.ts";
import type { Look, Run } from "./quiet_world.ts";
import { QuietWorld } from "./quiet_world.ts";

const SCHEDULES = 2_000;
/** The time by which all work has ended. */
const HORIZON_MS = 120_000;
/** Looks continue after all work has ended, so that every wait can succeed. */
const LOOKS_AFTER = 60;

function rarely<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ arbitrary: fc.constant(null), weight: 9 }, { arbitrary: value, weight: 1 });
}

/** When a look's questions are answered, as fractions of its duration. */
const look = fc.record({
  /** Often shorter than the second to which ages are rounded. */
  gapMs: fc.oneof(fc.integer({ min: 100, max: 2_000 }), fc.integer({ min: 100, max: 12_000 })),
  tookMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 4_000 })),
  agesAt: fc.double({ min: 0, max: 1, noNaN: true }),
  countersAt: fc.double({ min: 0, max: 1, noNaN: true }),
  queuesAt: fc.double({ min: 0, max: 1, noNaN: true }),
  mishap: rarely(fc.constantFrom("unreachable", "unknown")),
  isNewProcess: fc.boolean(),
});

/** Runs come in bursts: rounded ages can hide a use soon after another one. */
const run = fc.record({
  backend: fc.nat({ max: 2 }),
  gapMs: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 15_000 })),
  forMs: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 5_000 })),
});

const schedule = fc.record({
  backends: fc.integer({ min: 1, max: 3 }),
  runs: fc.array(run, { maxLength: 8 }),
  restartMs: rarely(fc.integer({ min: 1_000, max: 40_000 })),
  looks: fc.array(look, { minLength: 1, maxLength: 30 }),
  idleForMs: fc.integer({ min: 1, max: 15_000 }),
  trustAges: fc.boolean(),
});

type Schedule = typeof schedule extends fc.Arbitrary<infer T> ? T : never;

Deno.test("IdleWait never ends in a window that was not quiet, and ends once it was", () => {
  let ends = 0;
  fc.assert(
    fc.property(schedule, (plan) => {
      const world = worldOf(plan);
      if (world === null) return;
      const end = play(plan, world);
      ends++;
      assert(end !== null, "it never ended");
      const { atMs, quietMs, dirtyMs } = end;
      assert(quietMs >= plan.idleForMs, "it ended too soon by its own words");
      assert(atMs - quietMs >= dirtyMs, "it began before a look that was not clean");
      assert(!world.workedBetween(atMs - quietMs, atMs), `not quiet for ${quietMs} ms`);
    }),
    { numRuns: SCHEDULES, seed: 20_251_010 },
  );
  // Otherwise this test would prove nothing.
  assertNotEquals(ends, 0);
});

/** `null`: a restart would hide something that no look could see (`quiet_window.ts`). */
function worldOf({ backends, runs, restartMs, looks }: Schedule): QuietWorld | null {
  const world = new QuietWorld({
    backends,
    runs: runsOf(runs, backends),
    restartsMs: restartMs === null ? [] : [restartMs],
  });
  if (restartMs === null) return world;
  const before = looksOf(looks).findLast(({ answeredAtMs }) => answeredAtMs < restartMs);
  return before === undefined || world.isUnused(before.agesAtMs) ? null : world;
}

/** A backend does one run after the other; the first may end before the first look. */
function runsOf(runs: Schedule["runs"], backends: number): readonly Run[] {
  const endsMs = new Map<number, number>();
  return runs.map(({ backend: any, gapMs, forMs }) => {
    const backend = any % backends;
    const fromMs = (endsMs.get(backend) ?? -5_000) + gapMs;
    const toMs = fromMs + forMs;
    endsMs.set(backend, toMs);
    return { backend, fromMs, toMs };
  });
}

function play(
  { looks, idleForMs, trustAges }: Schedule,
  world: QuietWorld,
): { readonly atMs: number; readonly quietMs: number; readonly dirtyMs: number } | null {
  let dirtyMs = -Infinity;
  const options = { idleForMs, trustAges, assume: null, requireExact: false };
  let wait = new IdleWait(options, null);
  for (const [index, times] of looksOf(looks).entries()) {
    const report = world.report(times);
    const step = wait.take(report, times);
    if (step.ended === "idle") {
      return { atMs: times.askedAtMs, quietMs: step.quietMs, dirtyMs };
    }
    if (report.verdict !== "idle") dirtyMs = times.answeredAtMs;
    // Only a first look may have another result; the next process then begins with this.
    if (step.ended !== null || looks[index]?.isNewProcess) {
      wait = new IdleWait(options, wait.memory);
    }
  }
  return null;
}

function looksOf(looks: Schedule["looks"]): readonly Look[] {
  const made: Look[] = [];
  let nowMs = 0;
  for (const each of looks) {
    const { tookMs, agesAt, countersAt, queuesAt } = each;
    const askedAtMs = nowMs + each.gapMs;
    const countersAtMs = askedAtMs + tookMs * countersAt;
    nowMs = askedAtMs + tookMs;
    made.push({
      askedAtMs,
      agesAtMs: askedAtMs + tookMs * agesAt,
      countersAtMs,
      queuesAtMs: countersAtMs + (nowMs - countersAtMs) * queuesAt,
      answeredAtMs: nowMs,
      mishap: each.mishap,
    });
  }
  nowMs = Math.max(nowMs, HORIZON_MS);
  for (let left = LOOKS_AFTER; left > 0; left--) {
    nowMs += 1_990;
    const times = { askedAtMs: nowMs, agesAtMs: nowMs, countersAtMs: nowMs, queuesAtMs: nowMs };
    made.push({ ...times, answeredAtMs: nowMs + 10, mishap: null });
  }
  return made;
}
