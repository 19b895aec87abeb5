import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { mergeWork } from "../../src/detection/merge.ts";
import type { ServerReading } from "../../src/detection/server_tier.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import {
  answered,
  comfyBackend,
  counters,
  globals,
  queueOf,
  QUIET,
  remoteBackend,
  sampleReading,
  unanswered,
  work,
} from "../support/sample_answers.ts";
import { OTHER, OWN, runningRecord } from "../support/sample_judged.ts";
import { foreignRecord } from "../support/sample_records.ts";

function queue(remaining: number): Pick<ServerReading, "queues"> {
  return { queues: [{ backend: comfyBackend(), answer: answered(queueOf(remaining)) }] };
}

const IMAGES: readonly [string, Counters, number, readonly [number, number]][] = [
  ["one runs", work(1, 1), 1, [1, 0]],
  ["one computes, its backend holds a second", work(4, 2), 1, [1, 3]],
  ["two backends compute", work(4, 2), 2, [2, 2]],
  ["none has a backend yet", work(4, 0), 2, [0, 4]],
  ["more live than outstanding, for an instant", work(1, 2), 2, [1, 0]],
  ["no backend is ready", work(3, 0), 0, [0, 3]],
];

for (const [name, value, backends, [now, later]] of IMAGES) {
  Deno.test(`mergeWork() splits outstanding images: ${name}`, () => {
    const ready = Array.from({ length: backends }, (_, id) => comfyBackend({ id }));
    const loading = comfyBackend({ id: 8, status: "loading" });
    const { images } = mergeWork(
      sampleReading({ globals: globals(value), backends: answered([...ready, loading]) }),
      [],
    );
    assertEquals([images.outstanding, images.running, images.queued], [
      value.waitingGens,
      now,
      later,
    ]);
  });
}

Deno.test("mergeWork() does not say how many run where the backends are not known", () => {
  const { images } = mergeWork(
    sampleReading({ globals: globals(work(3)), backends: unanswered("not_permitted") }),
    [],
  );
  assertEquals([images.outstanding, images.running, images.queued], [3, null, null]);
  assertEquals([images.untracked, images.untrackedRunning], [3, null]);
});

Deno.test("mergeWork() shows the latest counters that show work", () => {
  function outstanding(...values: readonly Counters[]): number | null {
    return mergeWork(sampleReading({ globals: globals(...values) }), []).images.outstanding;
  }
  assertEquals(outstanding(work(4), work(3)), 3);
  assertEquals(outstanding(work(4), QUIET), 4);
  assertEquals(outstanding(QUIET, work(2)), 2);
});

const QUIET_QUEUE = { backend: comfyBackend({ id: 1 }), answer: answered(queueOf(0)) };
const COMFY: readonly [string, Partial<ServerReading>, number | null, number | null][] = [
  ["empty", queue(0), 0, 0],
  ["our images", { ...queue(2), globals: globals(work(4, 2)) }, 2, 0],
  [
    "a model load",
    { ...queue(1), globals: globals(counters({ waitingGens: 1, loadingModels: 1 })) },
    1,
    0,
  ],
  ["sent straight to ComfyUI", { ...queue(3), globals: globals(QUIET, QUIET) }, 3, 3],
  ["interrupted, winding down", { ...queue(1), globals: globals(QUIET, QUIET) }, 1, 1],
  ["both kinds", { ...queue(3), globals: globals(work(2, 1), work(2, 1)) }, 3, 2],
  [
    "an image taken on between two readings",
    { ...queue(1), globals: globals(QUIET, work(1)) },
    1,
    0,
  ],
  ["an image ended between two readings", { ...queue(1), globals: globals(work(1), QUIET) }, 1, 0],
  [
    "an image that moves on while the queues are read",
    {
      ...queue(3),
      queuesAgain: queue(2).queues,
      globals: globals(work(4, 2), work(4, 2)),
    },
    3,
    0,
  ],
  [
    "a job that stays",
    { ...queue(3), queuesAgain: queue(3).queues, globals: globals(work(4, 2), work(4, 2)) },
    3,
    1,
  ],
  [
    "a second reading that did not come",
    {
      ...queue(3),
      queuesAgain: [{ backend: comfyBackend(), answer: unanswered("timeout") }],
      globals: globals(work(4, 2), work(4, 2)),
    },
    3,
    1,
  ],
  ["fewer jobs than live images", { ...queue(1), globals: globals(work(4, 2)) }, 1, 0],
  [
    "no counters",
    { ...queue(2), globals: [{ answer: unanswered("timeout"), askedAtMs: 0 }] },
    2,
    null,
  ],
  [
    "one queue did not answer",
    { queues: [{ backend: comfyBackend(), answer: unanswered("timeout") }, QUIET_QUEUE] },
    null,
    null,
  ],
  [
    "a ready backend that is no ComfyUI",
    { ...queue(2), backends: answered([comfyBackend(), remoteBackend()]) },
    2,
    null,
  ],
  ["no ComfyUI at all", { queues: [], backends: answered([remoteBackend()]) }, null, null],
  [
    "backends unknown",
    { queues: [], backends: unanswered("timeout"), firstQueue: answered(queueOf(1)) },
    null,
    null,
  ],
  [
    "ComfyUI dead",
    { queues: [{ backend: comfyBackend(), answer: answered({ kind: "dead" }) }] },
    0,
    0,
  ],
];

for (const [name, reading, remaining, unattributed] of COMFY) {
  Deno.test(`mergeWork() sets ComfyUI's jobs apart: ${name}`, () => {
    assertEquals(mergeWork(sampleReading(reading), []).comfyJobs, { remaining, unattributed });
  });
}

Deno.test("mergeWork() takes jobs that are more at each look for a reason to doubt its count", () => {
  // One live image at the first look and three at the second: never as many as there are jobs.
  const reading = {
    ...queue(2),
    queuesAgain: queue(4).queues,
    globals: globals(work(4, 1), work(4, 3)),
  };
  const { comfyJobs, mayHaveUntracked } = mergeWork(sampleReading(reading), []);
  assertEquals([comfyJobs.unattributed, mayHaveUntracked], [0, true]);
});

const anyCounters = fc.record({
  waitingGens: fc.nat(6),
  loadingModels: fc.nat(2),
  waitingBackends: fc.nat(2),
  liveGens: fc.nat(3),
});

Deno.test("mergeWork() never goes below zero, nor above what any reading says", () => {
  const any = fc.record({
    values: fc.array(anyCounters, { minLength: 1, maxLength: 2 }),
    own: fc.array(anyCounters, { minLength: 2, maxLength: 2 }),
    jobs: fc.nat(4),
    record: fc.constantFrom(OWN, OTHER, runningRecord(foreignRecord())),
  });
  fc.assert(fc.property(any, ({ values, own, jobs, record }) => {
    const sessions = own.map((counted) => new Map([["gen-own", answered(counted)]]));
    const { images, comfyJobs } = mergeWork(
      sampleReading({ globals: globals(...values), sessions, ...queue(jobs) }),
      [record],
    );
    const numbers = [...Object.values(images), ...Object.values(comfyJobs)];
    for (const number of numbers) assert(number !== null && number >= 0, `${number}`);
    const least = Math.min(...values.map(({ waitingGens }) => waitingGens));
    assert((images.untracked ?? 0) <= least);
    assert((images.untracked ?? 0) <= (images.outstanding ?? 0));
    assert((images.untrackedRunning ?? 0) <= (images.untracked ?? 0));
    assertEquals((images.running ?? 0) + (images.queued ?? 0), images.outstanding);
    assert((comfyJobs.unattributed ?? 0) <= (comfyJobs.remaining ?? 0));
  }));
});
