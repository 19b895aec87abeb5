import { assertEquals } from "@std/assert";
import type { GenerationRecord } from "../../../src/generation/generation.ts";
import type { LockState, Owner } from "../../../src/generation/records/owner.ts";
import { judgeOwner } from "../../../src/generation/records/owner.ts";
import { foreignRecord, HERE, NOW_MS, sampleRecord } from "../../support/sample_records.ts";

const FRESH = { updatedAt: NOW_MS - 29_999 };
const STALE = { updatedAt: NOW_MS - 30_000 };

const ROWS: readonly {
  readonly name: string;
  readonly record: GenerationRecord;
  readonly lock: LockState;
  readonly host?: string | null;
  readonly owner: Owner;
}[] = [
  { name: "held, fresh", record: sampleRecord(FRESH), lock: "held", owner: "alive" },
  {
    name: "held, heartbeat old (Ctrl-Z)",
    record: sampleRecord(STALE),
    lock: "held",
    owner: "alive",
  },
  {
    name: "held on a machine whose name Deno may not tell",
    record: sampleRecord({ ...STALE, host: null }),
    lock: "held",
    host: null,
    owner: "alive",
  },
  { name: "free here, fresh (killed)", record: sampleRecord(FRESH), lock: "free", owner: "gone" },
  { name: "free here, old", record: sampleRecord(STALE), lock: "free", owner: "gone" },
  {
    name: "free, but the record is another machine's: fresh",
    record: sampleRecord({ ...FRESH, host: "laptop" }),
    lock: "free",
    owner: "alive",
  },
  {
    name: "free, but the record is another machine's: old",
    record: sampleRecord({ ...STALE, host: "laptop" }),
    lock: "free",
    owner: "gone",
  },
  {
    name: "free, and neither name is known: the heartbeat decides",
    record: sampleRecord({ ...FRESH, host: null }),
    lock: "free",
    host: null,
    owner: "alive",
  },
  {
    name: "free, our own name is not known",
    record: sampleRecord(FRESH),
    lock: "free",
    host: null,
    owner: "alive",
  },
  {
    name: "free, the record's machine is not known",
    record: sampleRecord({ ...FRESH, host: null }),
    lock: "free",
    owner: "alive",
  },
  { name: "no lock file, fresh", record: sampleRecord(FRESH), lock: "absent", owner: "alive" },
  { name: "no lock file, old", record: sampleRecord(STALE), lock: "absent", owner: "gone" },
  {
    name: "lock not to be seen, fresh",
    record: sampleRecord(FRESH),
    lock: "unseen",
    owner: "alive",
  },
  { name: "lock not to be seen, old", record: sampleRecord(STALE), lock: "unseen", owner: "gone" },
  {
    name: "stamped 30 s in the future (clocks apart)",
    record: sampleRecord({ updatedAt: NOW_MS + 30_000 }),
    lock: "absent",
    owner: "alive",
  },
  {
    name: "stamped more than 30 s in the future (clock set back)",
    record: sampleRecord({ updatedAt: NOW_MS + 30_001 }),
    lock: "absent",
    owner: "gone",
  },
  {
    name: "clock set back by an hour, lock held",
    record: sampleRecord({ updatedAt: NOW_MS + 3_600_000 }),
    lock: "held",
    owner: "alive",
  },
  { name: "foreign, fresh", record: foreignRecord(FRESH), lock: "unseen", owner: "unseen" },
  { name: "foreign, old", record: foreignRecord(STALE), lock: "unseen", owner: "unseen" },
  {
    name: "foreign, although a lock file has its name",
    record: foreignRecord(),
    lock: "held",
    owner: "unseen",
  },
];

for (const { name, record, lock, host = HERE, owner } of ROWS) {
  Deno.test(`judgeOwner(): ${name}: ${owner}`, () => {
    assertEquals(judgeOwner(record, { lock, host, nowMs: NOW_MS }), owner);
  });
}
