import type { FakeServerScript } from "../support/fake_swarm_server.ts";
import { answered, counters, QUIET, work } from "../support/sample_answers.ts";
import { foreignRecord, NOW_MS, sampleRecord } from "../support/sample_records.ts";
import type { ExpectedReport, PlacedRecord } from "../support/scenario.ts";
import {
  assertReport,
  IDLE,
  jobs,
  KILLED,
  LATE,
  OWN,
  PLAIN_USER,
  UNKNOWN,
} from "../support/scenario.ts";

const OTHER: PlacedRecord = { record: sampleRecord({ id: "gen-other" }), session: "other" };

const ROWS:
  readonly (readonly [string, FakeServerScript, readonly PlacedRecord[], ExpectedReport])[] = [
    ["idle", {}, [], IDLE],
    [
      "own run",
      {
        global: [answered(work(4, 2))],
        queues: jobs(2),
        sessions: { own: [answered(work(4, 2))] },
      },
      [OWN],
      {
        verdict: "busy",
        count: 1,
        basis: "exact",
        active: ["gen-own"],
      },
    ],
    [
      "own run, known from the directory alone",
      { global: [answered(work(2))], queues: jobs(1) },
      [{ record: OWN.record, scopes: ["directory"] }],
      { verdict: "busy", count: 1, basis: "exact", active: ["gen-own"] },
    ],
    [
      "own run in this very process",
      { global: [answered(work(2))], queues: jobs(1) },
      [{ record: OWN.record, scopes: ["process"] }],
      { verdict: "busy", count: 1, basis: "exact", active: ["gen-own"] },
    ],
    [
      "own run that has published, but sent nothing",
      {},
      [{ record: sampleRecord({ id: "gen-own", status: "pending" }) }],
      { verdict: "busy", count: 1, basis: "exact", active: ["gen-own"] },
    ],
    [
      "two that overlap",
      {
        global: [answered(work(6, 2))],
        queues: jobs(2),
        sessions: { own: [answered(work(4))], other: [answered(work(2))] },
      },
      [OWN, OTHER],
      { verdict: "busy", count: 2, basis: "exact", active: ["gen-other", "gen-own"] },
    ],
    [
      "two that overlapped, the first has ended",
      { global: [answered(work(2))], queues: jobs(1), sessions: { other: [answered(work(2))] } },
      [OTHER],
      { verdict: "busy", count: 1, basis: "exact", active: ["gen-other"] },
    ],
    ["the web UI's run", { global: [answered(work(3))], queues: jobs(1) }, [], {
      verdict: "busy",
      count: 1,
      basis: "at_least",
      untracked: 3,
    }],
    [
      "own run and the web UI's",
      { global: [answered(work(7, 2))], queues: jobs(2), sessions: { own: [answered(work(4))] } },
      [OWN],
      { verdict: "busy", count: 2, basis: "at_least", active: ["gen-own"], untracked: 3 },
    ],
    ["a job sent straight to ComfyUI", { queues: jobs(1) }, [], {
      verdict: "busy",
      count: 1,
      basis: "at_least",
      unattributed: 1,
    }],
    [
      "own run and a job sent straight to ComfyUI",
      { global: [answered(work(1))], queues: jobs(2), sessions: { own: [answered(work(1))] } },
      [OWN],
      { verdict: "busy", count: 2, basis: "at_least", active: ["gen-own"], unattributed: 1 },
    ],
    [
      "just interrupted: counters zero, ComfyUI still at it",
      { global: [answered(QUIET)], queues: jobs(1) },
      [],
      { verdict: "busy", count: 1, basis: "at_least", unattributed: 1 },
    ],
    [
      "a model loads for our run",
      {
        global: [answered(counters({ waitingGens: 1, loadingModels: 1, waitingBackends: 1 }))],
        queues: jobs(1),
        sessions: { own: [answered(counters({ waitingGens: 1, loadingModels: 1 }))] },
      },
      [OWN],
      { verdict: "busy", count: 1, basis: "exact", active: ["gen-own"] },
    ],
    [
      "a model loads for the web UI",
      { global: [answered(counters({ loadingModels: 1 }))], queues: jobs(1) },
      [],
      {
        verdict: "busy",
        count: 1,
        basis: "at_least",
      },
    ],
    [
      "between two images",
      { global: [answered(work(3, 0))], sessions: { own: [answered(work(3, 0))] } },
      [OWN],
      { verdict: "busy", count: 1, basis: "exact", active: ["gen-own"] },
    ],
    [
      "killed, the server works on",
      { global: [answered(work(2))], queues: jobs(1), sessions: { own: [answered(work(2))] } },
      [KILLED],
      { verdict: "busy", count: 1, basis: "exact", active: ["gen-own"] },
    ],
    ["killed, the server has finished", {}, [KILLED], { ...IDLE, prunable: ["gen-own"] }],
    [
      "killed, the server has finished, others work",
      { global: [answered(work(2))], queues: jobs(1), sessions: { own: [answered(QUIET)] } },
      [KILLED],
      { verdict: "busy", count: 1, basis: "at_least", untracked: 2, prunable: ["gen-own"] },
    ],
    [
      "killed, and its session is gone (the server forgot it)",
      { global: [answered(work(1))], queues: jobs(1), sessions: { own: [answered("gone")] } },
      [KILLED],
      { verdict: "busy", count: 1, basis: "at_least", untracked: 1, prunable: ["gen-own"] },
    ],
    [
      "killed before it sent anything",
      {},
      [{ record: sampleRecord({ id: "gen-own", status: "pending" }), lock: "free" }],
      { ...IDLE, prunable: ["gen-own"] },
    ],
    [
      "killed, session unknown, others work: nobody knows",
      { global: [answered(work(2))], queues: jobs(1) },
      [{ record: OWN.record, lock: "free" }],
      { verdict: "busy", count: 1, basis: "at_least", untracked: 2, uncertain: ["gen-own"] },
    ],
    [
      "killed, and a plain user may not ask the counters",
      { ...PLAIN_USER, sessions: { own: [LATE] } },
      [KILLED],
      { ...UNKNOWN, uncertain: ["gen-own"] },
    ],
    [
      "killed, a plain user, but its own session says that it is over",
      { ...PLAIN_USER, sessions: { own: [answered(QUIET)] } },
      [KILLED],
      { ...UNKNOWN, prunable: ["gen-own"] },
    ],
    [
      "stopped with Ctrl-Z, its work is over",
      {},
      [{ record: sampleRecord({ id: "gen-own", updatedAt: NOW_MS - 60_000 }), session: "own" }],
      IDLE,
    ],
    ["the original's record, the server is quiet", {}, [{ record: foreignRecord() }], IDLE],
  ];

for (const [name, server, records, expected] of ROWS) {
  Deno.test(`detect(): ${name}: ${expected.verdict}, ${expected.count}, ${expected.basis}`, async () => {
    await assertReport({ server, records }, expected);
  });
}
