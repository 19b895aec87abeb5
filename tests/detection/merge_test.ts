import { assertEquals } from "@std/assert";
import type { Answer } from "../../src/detection/answer.ts";
import type { JudgedRecord } from "../../src/detection/judge.ts";
import { mergeWork } from "../../src/detection/merge.ts";
import type { ServerReading } from "../../src/detection/server_tier.ts";
import type { SessionReading } from "../../src/detection/session_reading.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import {
  answered,
  counters,
  globals,
  QUIET,
  sampleReading,
  unanswered,
  work,
} from "../support/sample_answers.ts";
import { OTHER, OWN, runningRecord } from "../support/sample_judged.ts";
import { foreignRecord, sampleRecord } from "../support/sample_records.ts";

/** Readings of sessions, by record id. */
function sessions(
  ...readings: readonly Readonly<Record<string, Counters | "gone" | null>>[]
): readonly SessionReading[] {
  return readings.map((reading) =>
    new Map(
      Object.entries(reading).map(([id, value]): [string, Answer<Counters | "gone">] => [
        id,
        value === null ? unanswered("timeout") : answered(value),
      ]),
    )
  );
}

const ROWS: readonly {
  readonly name: string;
  readonly reading: Partial<ServerReading>;
  readonly running?: readonly JudgedRecord[];
  readonly untracked: number | null;
  readonly loading?: number | null;
  readonly hasUntracked?: boolean;
  readonly mayHave?: boolean;
}[] = [
  { name: "nothing", reading: {}, untracked: 0 },
  {
    name: "no counters",
    reading: { globals: [{ answer: unanswered("not_permitted"), askedAtMs: 0 }] },
    untracked: null,
    loading: null,
  },
  {
    name: "web UI alone",
    reading: { globals: globals(work(3)) },
    untracked: 3,
    hasUntracked: true,
  },
  {
    name: "own run alone",
    reading: {
      globals: globals(work(4), work(4)),
      sessions: sessions({ "gen-own": work(4) }, { "gen-own": work(4) }),
    },
    running: [OWN],
    untracked: 0,
  },
  {
    name: "two own runs",
    reading: {
      globals: globals(work(6), work(5)),
      sessions: sessions(
        { "gen-own": work(4), "gen-other": work(2) },
        { "gen-own": work(3), "gen-other": work(2) },
      ),
    },
    running: [OWN, OTHER],
    untracked: 0,
  },
  {
    name: "own run and web UI",
    reading: {
      globals: globals(work(7), work(7)),
      sessions: sessions({ "gen-own": work(4) }, { "gen-own": work(4) }),
    },
    running: [OWN],
    untracked: 3,
    hasUntracked: true,
  },
  {
    name: "own run loses an image between counters and session: nothing is invented",
    reading: {
      globals: globals(work(4), work(3)),
      sessions: sessions({ "gen-own": work(3) }, { "gen-own": work(3) }),
    },
    running: [OWN],
    untracked: 0,
  },
  {
    name: "own run accepted between counters and session: nothing goes below zero",
    reading: {
      globals: globals(QUIET, work(4)),
      sessions: sessions({ "gen-own": work(4) }, { "gen-own": work(4) }),
    },
    running: [OWN],
    untracked: 0,
  },
  {
    name: "each reading is short, though not together: it may be there",
    reading: {
      globals: globals(work(5), work(4)),
      sessions: sessions({ "gen-own": work(4) }, { "gen-own": work(3) }),
    },
    running: [OWN],
    untracked: 0,
    mayHave: true,
  },
  {
    name: "its session is gone: it explains nothing",
    reading: {
      globals: globals(work(2), work(2)),
      sessions: sessions({ "gen-own": "gone" }, { "gen-own": "gone" }),
    },
    running: [OWN],
    untracked: 2,
    hasUntracked: true,
  },
  {
    name: "no session known: it explains what it still waits for",
    reading: { globals: globals(work(3), work(3)) },
    running: [OWN],
    untracked: 0,
  },
  {
    name: "no session known, and more than it waits for",
    reading: { globals: globals(work(6), work(6)) },
    running: [OWN],
    untracked: 2,
    hasUntracked: true,
  },
  {
    name: "its session did not answer: as if none were known",
    reading: {
      globals: globals(work(6), work(6)),
      sessions: sessions({ "gen-own": null }, { "gen-own": null }),
    },
    running: [OWN],
    untracked: 2,
    hasUntracked: true,
  },
  {
    name: "one asked, one not: both explain",
    reading: {
      globals: globals(work(7), work(7)),
      sessions: sessions({ "gen-own": work(4) }, { "gen-own": work(4) }),
    },
    running: [OWN, OTHER],
    untracked: 1,
    hasUntracked: true,
  },
  {
    name: "more images done than asked for: explains nothing, not less",
    reading: { globals: globals(work(2), work(2)) },
    running: [runningRecord(sampleRecord({ imagesTotal: 1, imagesDone: 5 }))],
    untracked: 2,
    hasUntracked: true,
  },
  {
    name: "a foreign record explains all",
    reading: { globals: globals(work(9), work(9)) },
    running: [runningRecord(foreignRecord())],
    untracked: 0,
  },
  {
    name: "a foreign record explains a model load too",
    reading: { globals: globals(counters({ loadingModels: 2 })) },
    running: [runningRecord(foreignRecord())],
    untracked: 0,
  },
  {
    name: "a model load alone (the web UI's model picker)",
    reading: { globals: globals(counters({ loadingModels: 1 })) },
    untracked: 0,
    loading: 1,
    hasUntracked: true,
  },
  {
    name: "our own model load",
    reading: {
      globals: globals(counters({ waitingGens: 4, waitingBackends: 1, loadingModels: 1 }), work(4)),
      sessions: sessions({ "gen-own": counters({ waitingGens: 4, loadingModels: 1 }) }, {
        "gen-own": work(4),
      }),
    },
    running: [OWN],
    untracked: 0,
  },
];

for (const row of ROWS) {
  Deno.test(`mergeWork(): ${row.name}`, () => {
    const merged = mergeWork(sampleReading(row.reading), row.running ?? []);
    assertEquals(merged.images.untracked, row.untracked);
    assertEquals(merged.images.untrackedLoading, row.loading === undefined ? 0 : row.loading);
    assertEquals(merged.hasUntracked, row.hasUntracked ?? false);
    assertEquals(merged.mayHaveUntracked, row.mayHave ?? false);
  });
}
