import { assertEquals } from "@std/assert";
import type { GenerationRecord } from "../../../src/generation/generation.ts";
import type { Liveness, ServerWork } from "../../../src/generation/records/liveness.ts";
import { judgeLiveness } from "../../../src/generation/records/liveness.ts";
import type { Owner } from "../../../src/generation/records/owner.ts";
import { foreignRecord, NOW_MS, sampleRecord } from "../../support/sample_records.ts";

const FRESH = sampleRecord({ updatedAt: NOW_MS - 29_999 });
const STALE = sampleRecord({ updatedAt: NOW_MS - 30_000 });
const FUTURE = sampleRecord({ updatedAt: NOW_MS + 3_600_000 });
const PENDING = sampleRecord({ status: "pending", updatedAt: NOW_MS - 1_000 });
const STARTING = sampleRecord({ status: "starting" });
const FOREIGN = foreignRecord();

const RUNNING: Liveness = { kind: "running", orphaned: false, verified: true };
const ORPHANED: Liveness = { kind: "running", orphaned: true, verified: true };
const UNVERIFIED: Liveness = { kind: "running", orphaned: false, verified: false };
const OVER: Liveness = { kind: "ended", prune: false };
const PRUNED: Liveness = { kind: "ended", prune: true };
const UNCERTAIN: Liveness = { kind: "uncertain" };

const ROWS: readonly [string, GenerationRecord, Owner, ServerWork, Liveness][] = [
  ["alive and working", FRESH, "alive", "working", RUNNING],
  ["alive and working, heartbeat old", STALE, "alive", "working", RUNNING],
  ["alive and unseen", FRESH, "alive", "unseen", RUNNING],
  ["alive and unseen, heartbeat old", STALE, "alive", "unseen", RUNNING],
  [
    "alive, done, heartbeat young: it has only not removed its record yet",
    FRESH,
    "alive",
    "done",
    RUNNING,
  ],
  [
    "alive and pending: nothing was sent, so the server must say done",
    PENDING,
    "alive",
    "done",
    RUNNING,
  ],
  ["alive, done, heartbeat as old as a lease (Ctrl-Z)", STALE, "alive", "done", OVER],
  ["alive, done, stamped by a clock that was set back", FUTURE, "alive", "done", OVER],
  ["gone while pending, unseen", PENDING, "gone", "unseen", PRUNED],
  ["gone while pending, done", PENDING, "gone", "done", PRUNED],
  ["gone while pending, though the server works for somebody", PENDING, "gone", "working", PRUNED],
  ["gone while starting, working", STARTING, "gone", "working", ORPHANED],
  ["gone and working", FRESH, "gone", "working", ORPHANED],
  ["gone and working, heartbeat old", STALE, "gone", "working", ORPHANED],
  ["gone and done", FRESH, "gone", "done", PRUNED],
  ["gone while starting, done", STARTING, "gone", "done", PRUNED],
  ["gone and unseen", STALE, "gone", "unseen", UNCERTAIN],
  ["gone while starting, unseen", STARTING, "gone", "unseen", UNCERTAIN],
  ["foreign and done", FOREIGN, "unseen", "done", OVER],
  ["foreign and unseen", FOREIGN, "unseen", "unseen", UNVERIFIED],
  [
    "foreign, pending and unseen",
    foreignRecord({ status: "pending" }),
    "unseen",
    "unseen",
    UNVERIFIED,
  ],
  [
    "foreign and unseen for hours",
    foreignRecord({ updatedAt: NOW_MS - 80_000_000 }),
    "unseen",
    "unseen",
    UNVERIFIED,
  ],
];

for (const [name, record, owner, server, liveness] of ROWS) {
  Deno.test(`judgeLiveness(): ${name}`, () => {
    assertEquals(judgeLiveness(record, { owner, server, nowMs: NOW_MS }), liveness);
  });
}
