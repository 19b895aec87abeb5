import { assertEquals } from "@std/assert";
import type { Answer } from "../../src/detection/answer.ts";
import { judgeRecords } from "../../src/detection/judge.ts";
import type { SeenRecord } from "../../src/detection/records_tier.ts";
import type { ServerReading } from "../../src/detection/server_tier.ts";
import type { Counters } from "../../src/generation/server/counters.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import type { ServerWork } from "../../src/generation/records/liveness.ts";
import type { Owner } from "../../src/generation/records/owner.ts";
import {
  answered,
  counters,
  QUIET,
  sampleReading,
  unanswered,
  work,
} from "../support/sample_answers.ts";
import { foreignRecord, NOW_MS, sampleRecord } from "../support/sample_records.ts";

const SEEN_AT_MS = 100;
const LATE: Answer<never> = unanswered("timeout");

type Global = readonly [askedAtMs: number, answer: Answer<Counters>];

function judge(
  record: GenerationRecord,
  owner: Owner,
  said: {
    readonly globals: readonly Global[];
    readonly sessions?: readonly Answer<Counters | "gone">[];
    readonly isWithdrawn?: boolean;
  },
): readonly [ServerWork, string] {
  const seen: SeenRecord = {
    record,
    versions: [record],
    session: null,
    scopes: ["user"],
    owner,
    isWithdrawn: said.isWithdrawn ?? false,
  };
  const reading: ServerReading = sampleReading({
    globals: said.globals.map(([askedAtMs, answer]) => ({ askedAtMs, answer })),
    sessions: (said.sessions ?? []).map((answer) => new Map([[record.id, answer]])),
  });
  const [judged] = judgeRecords([seen], { reading, seenAtMs: SEEN_AT_MS, nowMs: NOW_MS });
  if (judged === undefined) throw new Error("Cannot judge: no record came back");
  return [judged.server, judged.liveness.kind];
}

const BEFORE = 99;
const AFTER = 101;
const BUSY: readonly Global[] = [[BEFORE, answered(work(2))], [AFTER, answered(work(2))]];
const RECORD = sampleRecord();

const ROWS: readonly {
  readonly name: string;
  readonly owner: Owner;
  readonly globals: readonly Global[];
  readonly sessions?: readonly Answer<Counters | "gone">[];
  readonly isWithdrawn?: boolean;
  readonly judged: readonly [ServerWork, string];
}[] = [
  {
    name: "alive, its session works",
    owner: "alive",
    globals: BUSY,
    sessions: [answered(work(2)), answered(work(1))],
    judged: ["working", "running"],
  },
  {
    name: "gone, its session works",
    owner: "gone",
    globals: BUSY,
    sessions: [answered(work(2)), answered(work(1))],
    judged: ["working", "running"],
  },
  {
    name: "gone, its session only loads a model",
    owner: "gone",
    globals: BUSY,
    sessions: [answered(counters({ loadingModels: 1 }))],
    judged: ["working", "running"],
  },
  {
    name: "gone, its session works no more",
    owner: "gone",
    globals: BUSY,
    sessions: [answered(QUIET), answered(QUIET)],
    judged: ["done", "ended"],
  },
  {
    name: "gone, its session ended between two readings",
    owner: "gone",
    globals: BUSY,
    sessions: [answered(work(1)), answered(QUIET)],
    judged: ["done", "ended"],
  },
  {
    name: "gone, its session is not known any more",
    owner: "gone",
    globals: BUSY,
    sessions: [answered("gone")],
    judged: ["done", "ended"],
  },
  {
    name: "gone, its session did not answer",
    owner: "gone",
    globals: BUSY,
    sessions: [LATE, LATE],
    judged: ["unseen", "uncertain"],
  },
  {
    name: "gone, its session answered once",
    owner: "gone",
    globals: BUSY,
    sessions: [answered(work(1)), LATE],
    judged: ["working", "running"],
  },
  {
    name: "gone, no session, others work",
    owner: "gone",
    globals: BUSY,
    judged: ["unseen", "uncertain"],
  },
  {
    name: "gone, withdrawn by its user, others work",
    owner: "gone",
    globals: BUSY,
    isWithdrawn: true,
    judged: ["done", "ended"],
  },
  {
    name: "gone, withdrawn by its user, but its session works",
    owner: "gone",
    globals: BUSY,
    sessions: [answered(work(1)), answered(work(1))],
    isWithdrawn: true,
    judged: ["working", "running"],
  },
  {
    name: "gone, no counters",
    owner: "gone",
    globals: [[BEFORE, LATE]],
    judged: ["unseen", "uncertain"],
  },
  {
    name: "gone, zero read only before its owner was looked at",
    owner: "gone",
    globals: [[BEFORE, answered(QUIET)]],
    judged: ["unseen", "uncertain"],
  },
  {
    name: "gone, zero before, work after",
    owner: "gone",
    globals: [[BEFORE, answered(QUIET)], [AFTER, answered(work(1))]],
    judged: ["unseen", "uncertain"],
  },
  {
    name: "gone, zero before, silence after",
    owner: "gone",
    globals: [[BEFORE, answered(QUIET)], [AFTER, LATE]],
    judged: ["unseen", "uncertain"],
  },
  {
    name: "gone, zero after its owner was looked at",
    owner: "gone",
    globals: [[BEFORE, answered(QUIET)], [AFTER, answered(QUIET)]],
    judged: ["done", "ended"],
  },
  {
    name: "gone, work before, zero after",
    owner: "gone",
    globals: [[BEFORE, answered(work(1))], [AFTER, answered(QUIET)]],
    judged: ["done", "ended"],
  },
  {
    name: "alive, all zero",
    owner: "alive",
    globals: [[BEFORE, answered(QUIET)]],
    judged: ["done", "running"],
  },
  {
    name: "alive, nothing known",
    owner: "alive",
    globals: [[BEFORE, LATE]],
    judged: ["unseen", "running"],
  },
];

for (const { name, owner, judged, ...said } of ROWS) {
  Deno.test(`judgeRecords(): ${name}: ${judged.join(", ")}`, () => {
    assertEquals(judge(RECORD, owner, said), judged);
  });
}

Deno.test("judgeRecords() ends a stopped process' record (Ctrl-Z) once the counters are zero", () => {
  const stopped = sampleRecord({ updatedAt: NOW_MS - 31_000 });
  assertEquals(judge(stopped, "alive", { globals: [[BEFORE, answered(QUIET)]] }), [
    "done",
    "ended",
  ]);
  assertEquals(judge(stopped, "alive", { globals: BUSY }), ["unseen", "running"]);
});

Deno.test("judgeRecords() ends a foreign record only by zeros that are younger than its sight", () => {
  const foreign = foreignRecord();
  const zero = answered(QUIET);
  assertEquals(judge(foreign, "unseen", { globals: BUSY }), ["unseen", "running"]);
  assertEquals(judge(foreign, "unseen", { globals: [[BEFORE, LATE]] }), ["unseen", "running"]);
  assertEquals(judge(foreign, "unseen", { globals: [[BEFORE, zero]] }), ["unseen", "running"]);
  assertEquals(
    judge(foreign, "unseen", { globals: [[BEFORE, zero], [AFTER, zero]] }),
    ["done", "ended"],
  );
});
