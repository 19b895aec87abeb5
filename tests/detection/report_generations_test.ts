/** What is known of a generation whose record nobody keeps up: never what may be out of date. */
import { assertEquals } from "@std/assert";
import { knownRecord, remainingByCounters } from "../../src/detection/report_generations.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import { sampleRecord } from "../support/sample_records.ts";

const STARTING = { status: "starting", progress: 0, imagesDone: 0, imagesTotal: 4 } as const;

function counters(waitingGens: number, liveGens: number): Counters {
  return { waitingGens, liveGens, loadingModels: 0, waitingBackends: 0 };
}

type Known = readonly [status: string, progress: number | null, imagesDone: number | null];

const ROWS: readonly (readonly [string, Partial<GenerationRecord>, Counters | null, Known])[] = [
  ["a detached one of which nothing is made", STARTING, counters(4, 0), ["starting", null, 0]],
  ["a detached one at its first image", STARTING, counters(4, 1), ["generating", null, 0]],
  ["a detached one at its third image", STARTING, counters(2, 1), ["generating", 0.5, 2]],
  ["one whose server does not answer", STARTING, null, ["starting", null, null]],
  [
    "one that was further by its record",
    { status: "generating", progress: 0.8, imagesDone: 3, imagesTotal: 4 },
    counters(3, 1),
    ["generating", 0.8, 3],
  ],
  [
    "one with two images in each run",
    { ...STARTING, batchSize: 2 },
    counters(1, 1),
    ["generating", 0.5, 2],
  ],
  [
    "one that says not how many images it makes",
    { ...STARTING, imagesTotal: null },
    counters(2, 1),
    ["generating", null, null],
  ],
];

for (const [what, about, told, known] of ROWS) {
  Deno.test(`knownRecord() says of ${what} ${JSON.stringify(known)}`, () => {
    const record = sampleRecord(about);
    const seen = { owner: "gone", counters: told } as const;
    const { status, progress, imagesDone } = knownRecord(record, seen);
    assertEquals([status, progress, imagesDone], [...known]);
  });
}

Deno.test("knownRecord() leaves alone what its owner keeps up, and what others wrote", () => {
  const record = sampleRecord(STARTING);
  const told = { counters: counters(2, 1) };
  assertEquals(knownRecord(record, { ...told, owner: "alive" }), record);
  assertEquals(knownRecord(record, { ...told, owner: "unseen" }), record);
});

const AT_WORK = { status: "generating", progress: 0, imagesDone: 0, imagesTotal: 4 } as const;

/** When it was left, its record, its counters, the age of the last use, and what is left. */
const LEFT: readonly (readonly [
  what: string,
  about: Partial<GenerationRecord>,
  seen: {
    readonly counters: Counters | null;
    readonly ageMs: number | null;
    readonly backends?: number;
  },
  agoMs: number,
  leftMs: number | null,
])[] = [
  ["before its first image is done", AT_WORK, { counters: counters(4, 1), ageMs: 0 }, 9_000, null],
  ["at its second image", AT_WORK, { counters: counters(3, 1), ageMs: 4_000 }, 14_500, 25_500],
  ["where others work too", AT_WORK, { counters: counters(3, 1), ageMs: null }, 14_500, null],
  [
    "at its fourth image, beside others",
    AT_WORK,
    { counters: counters(1, 1), ageMs: null },
    35_000,
    5_000,
  ],
  [
    "that was not at work when it was left",
    { ...AT_WORK, status: "starting" },
    {
      counters: counters(3, 1),
      ageMs: 4_000,
    },
    14_500,
    null,
  ],
  ["that waits again", AT_WORK, { counters: counters(3, 0), ageMs: 4_000 }, 14_500, null],
  ["that cannot be asked", AT_WORK, { counters: null, ageMs: 4_000 }, 14_500, null],
  [
    "on two backends of which one is done",
    AT_WORK,
    {
      counters: counters(3, 2),
      ageMs: 0,
      backends: 2,
    },
    10_500,
    null,
  ],
  [
    "in the middle of an image",
    { ...AT_WORK, progress: 0.125 },
    {
      counters: counters(2, 1),
      ageMs: 4_000,
    },
    19_500,
    15_500,
  ],
];

for (const [what, about, seen, agoMs, leftMs] of LEFT) {
  Deno.test(`remainingByCounters() tells of one ${what} ${leftMs}`, () => {
    const record = sampleRecord(about);
    const nowMs = record.updatedAt + agoMs;
    assertEquals(remainingByCounters(record, { backends: 1, ...seen, nowMs }), leftMs);
  });
}
