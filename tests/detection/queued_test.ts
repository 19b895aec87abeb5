import { assertEquals } from "@std/assert";
import type { Answer } from "../../src/detection/answer.ts";
import { findQueued } from "../../src/detection/queued.ts";
import type { Backend } from "../../src/detection/swarm_server.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import {
  answered,
  comfyBackend,
  counters,
  sampleReading,
  unanswered,
  work,
} from "../support/sample_answers.ts";
import { runningRecord } from "../support/sample_judged.ts";
import { NOW_MS, sampleRecord } from "../support/sample_records.ts";

const WAITS = work(2, 0);
const WORKS = work(2, 1);
const ONE = [comfyBackend()];
const TWO = [comfyBackend(), comfyBackend({ id: 1 })];
const SILENT = unanswered("not_permitted");

/** A generation, described by its progress, what its session says, and how long ago it began. */
type Told = readonly [progress: number, said: readonly Answer<Counters>[], ageMs?: number];

const CASES: readonly {
  readonly name: string;
  readonly told: readonly Told[];
  readonly live: number | null;
  readonly backends?: readonly Backend[] | null;
  readonly record?: Partial<GenerationRecord>;
  readonly queued: readonly (boolean | null)[];
}[] = [
  { name: "one that works", told: [[0.5, [answered(WORKS)]]], live: 1, queued: [false] },
  { name: "one that has just begun", told: [[0, [answered(WORKS)]]], live: 1, queued: [false] },
  {
    name: "one behind another's work",
    told: [[0, [answered(WAITS), answered(WAITS)]]],
    live: 1,
    queued: [true],
  },
  {
    name: "one whose image began between two looks",
    told: [[0, [answered(WAITS), answered(WORKS)]]],
    live: 1,
    queued: [false],
  },
  {
    name: "one that is about to be given the only backend, which is free",
    told: [[0, [answered(WAITS)]]],
    live: 0,
    queued: [false],
  },
  {
    name: "one while no backend is there",
    told: [[0, [answered(WAITS)]]],
    live: 0,
    backends: [comfyBackend({ status: "loading" })],
    queued: [true],
  },
  {
    name: "one whose model is being loaded",
    told: [[0, [answered(counters({ waitingGens: 1, loadingModels: 1 }))]]],
    live: 1,
    queued: [false],
  },
  {
    name: "a second one in the queue of the only ComfyUI",
    told: [[0.5, [answered(WORKS)]], [0, [answered(WORKS)]]],
    live: 2,
    queued: [false, true],
  },
  {
    name: "two that have not moved: the younger one waits",
    told: [[0, [answered(WORKS)], 1_000], [0, [answered(WORKS)], 2_000]],
    live: 2,
    queued: [true, false],
  },
  {
    name: "two on two backends",
    told: [[0.5, [answered(WORKS)]], [0, [answered(WORKS)]]],
    live: 2,
    backends: TWO,
    queued: [false, false],
  },
  {
    name: "two that have moved: which one waits for its next image is not told",
    told: [[0.5, [answered(WORKS)]], [0.2, [answered(WORKS)]]],
    live: 2,
    queued: [false, false],
  },
  {
    name: "two where the backends are hidden",
    told: [[0.5, [answered(WORKS)]], [0, [answered(WORKS)]], [0, [answered(WAITS)]]],
    live: null,
    backends: null,
    queued: [false, false, true],
  },
  { name: "one that cannot be asked", told: [[0, [SILENT]]], live: 1, queued: [null] },
  {
    name: "one that cannot be asked, by its owner's word",
    told: [[0, [SILENT]]],
    live: 1,
    record: { queued: true },
    queued: [true],
  },
];

for (const { name, told, live, backends = ONE, record = {}, queued } of CASES) {
  Deno.test(`findQueued() judges ${name}`, () => {
    const running = told.map(([progress, , ageMs = 1_000], at) =>
      runningRecord(
        sampleRecord({ id: `gen-${at}`, progress, startedAt: NOW_MS - ageMs, ...record }),
      )
    );
    const rounds = Math.max(...told.map(([, said]) => said.length));
    const reading = sampleReading({
      globals: [{ answer: live === null ? SILENT : answered(work(9, live)), askedAtMs: 0 }],
      backends: backends === null ? SILENT : answered(backends),
      sessions: Array.from(
        { length: rounds },
        (_, round) =>
          new Map(told.flatMap(([, said], at) => {
            const answer = said[round];
            return answer === undefined ? [] : [[`gen-${at}`, answer] as const];
          })),
      ),
    });
    const found = findQueued(running, reading);
    assertEquals(running.map((one) => found.get(one.record.id)), [...queued]);
  });
}
