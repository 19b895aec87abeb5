import { assert, assertEquals } from "@std/assert";
import { readRecords, RECORDS_DEADLINE_MS } from "../../src/detection/records_tier.ts";
import type { RecordsReading } from "../../src/detection/records_tier.ts";
import type { GenerationRecord } from "../../src/generation/generation.ts";
import { LEASE_MS } from "../../src/generation/generation.ts";
import type { LockState } from "../../src/generation/records/owner.ts";
import type { ServerSession } from "../../src/generation/session.ts";
import type { GenerationStore, Publication } from "../../src/generation/records/store.ts";
import { FakeOwnerLocks } from "../support/fake_owner_locks.ts";
import { FakeStore, NO_PERMISSION } from "../support/fake_store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import {
  foreignRecord,
  HERE,
  NOW_MS,
  sampleRecord,
  sampleSession,
} from "../support/sample_records.ts";

function published(
  record: GenerationRecord,
  session: ServerSession | null = null,
): Publication {
  return { record, session };
}

function read(
  stores: readonly GenerationStore[],
  about: { readonly locks?: FakeOwnerLocks; readonly clock?: ManualClock } = {},
): Promise<RecordsReading> {
  const { locks = new FakeOwnerLocks(), clock = new ManualClock() } = about;
  return readRecords({ stores, locks, hostname: () => HERE, clock });
}

Deno.test("readRecords() unites scopes by id: the private record, more progress, all scopes", async () => {
  const session = sampleSession("own");
  const older = sampleRecord({ progress: 0.25, updatedAt: NOW_MS - 5_000 });
  const newer = sampleRecord({ progress: 0.5, updatedAt: NOW_MS - 1_000 });
  for (
    const [shared, own] of [[older, newer], [newer, older]] as const
  ) {
    const { seen } = await read([
      new FakeStore("directory", [published(shared)]),
      new FakeStore("user", [published(own, session)]),
    ]);
    assertEquals(seen, [{
      // Only the progress of the shared copy is believed.
      record: { ...own, progress: 0.5 },
      versions: [shared, own],
      session,
      scopes: ["directory", "user"],
      owner: "alive",
      isWithdrawn: false,
    }]);
  }
});

Deno.test("readRecords() believes a shared copy nothing but progress", async () => {
  const own = sampleRecord({ progress: 0.5, imagesDone: 2, updatedAt: NOW_MS - 20_000 });
  const rows: readonly (readonly [Partial<GenerationRecord>, Partial<GenerationRecord>])[] = [
    [{ status: "pending", updatedAt: NOW_MS, startedAt: 0, imagesTotal: 99 }, {}],
    [{ serverUrl: "http://attacker.example", serverId: "x", host: "x", pid: 1, foreign: true }, {}],
    [{ progress: 0.75, imagesDone: 3 }, { progress: 0.75, imagesDone: 3 }],
    [{ progress: 0.25, imagesDone: 1 }, {}],
    [{ progress: null, imagesDone: null }, {}],
    [{ progress: 7, imagesDone: 99, imagesTotal: 99 }, { progress: 1, imagesDone: 4 }],
  ];
  for (const [changes, believed] of rows) {
    const shared = new FakeStore("directory", [published({ ...own, ...changes })]);
    const user = new FakeStore("user", [published(own, sampleSession("own"))]);
    for (const stores of [[shared, user], [user, shared]]) {
      const { seen } = await read(stores);
      assertEquals(seen.map(({ record }) => record), [{ ...own, ...believed }]);
    }
  }
});

Deno.test("readRecords() takes no session from a shared scope", async () => {
  const shared = new FakeStore("directory", [published(sampleRecord(), sampleSession("forged"))]);
  assertEquals((await read([shared])).seen.map(({ session }) => session), [null]);
});

const PAST_LEASE = { updatedAt: NOW_MS - LEASE_MS };
const WITHDRAWN: readonly {
  readonly name: string;
  readonly lock?: LockState;
  readonly record?: Partial<GenerationRecord>;
  readonly inUserScope?: boolean;
  readonly userFails?: boolean;
  readonly isWithdrawn: boolean;
}[] = [
  { name: "a copy alone, its owner lock free", isWithdrawn: true },
  { name: "this user holds it too", inUserScope: true, isWithdrawn: false },
  { name: "the user scope could not be read", userFails: true, isWithdrawn: false },
  { name: "its owner lives", lock: "held", isWithdrawn: false },
  { name: "another user's: no owner lock", lock: "absent", isWithdrawn: false },
  { name: "its owner lock could not be seen", lock: "unseen", isWithdrawn: false },
  { name: "within a lease", record: { updatedAt: NOW_MS - LEASE_MS + 1 }, isWithdrawn: false },
];

for (const { name, lock = "free", record = PAST_LEASE, ...row } of WITHDRAWN) {
  Deno.test(`readRecords() sees whether its user withdrew a record: ${name}`, async () => {
    const publication = published(sampleRecord(record));
    const user = new FakeStore("user", row.inUserScope ? [publication] : []);
    if (row.userFails) user.reading = { answered: false, reason: "failed", message: "no" };
    const locks = new FakeOwnerLocks({ [publication.record.id]: lock });
    const { seen } = await read([new FakeStore("directory", [publication]), user], { locks });
    assertEquals(seen.map((one) => one.isWithdrawn), [row.isWithdrawn]);
  });
}

Deno.test("readRecords() keeps the session, whichever scope it reads first", async () => {
  const session = sampleSession("own");
  const user = new FakeStore("user", [published(sampleRecord(), session)]);
  const directory = new FakeStore("directory", [published(sampleRecord())]);
  for (const stores of [[user, directory], [directory, user]]) {
    assertEquals((await read(stores)).seen.map((one) => one.session), [session]);
  }
});

Deno.test("readRecords() lists the newest first, and none older than a day", async () => {
  const day = 86_400_000;
  const records = [
    sampleRecord({ id: "gen-mid", startedAt: NOW_MS - 2_000 }),
    sampleRecord({ id: "gen-new", startedAt: NOW_MS - 1_000 }),
    sampleRecord({ id: "gen-expired", updatedAt: NOW_MS - day - 1 }),
    sampleRecord({ id: "gen-old", startedAt: NOW_MS - 3 * day, updatedAt: NOW_MS - day }),
  ];
  const { seen, scopes } = await read([
    new FakeStore("user", records.map((one) => published(one))),
  ]);
  assertEquals(seen.map(({ record }) => record.id), ["gen-new", "gen-mid", "gen-old"]);
  assertEquals(scopes.length, 1);
});

Deno.test("readRecords() keeps a store that failed as such, and reads the others", async () => {
  const directory = new FakeStore("directory");
  directory.reading = NO_PERMISSION;
  const { seen, scopes } = await read([
    directory,
    new FakeStore("user", [published(sampleRecord())]),
  ]);
  assertEquals(seen.map(({ scopes }) => scopes), [["user"]]);
  assertEquals(scopes[0]?.reading, directory.reading);
});

Deno.test("readRecords() never looks at a lock whose name is not ours or not safe", async () => {
  const locks = new FakeOwnerLocks({ "gen-safe": "free" });
  const { seen } = await read([
    new FakeStore("directory", [
      published(sampleRecord({ id: "../../etc/passwd" })),
      published(foreignRecord({ id: "session-1" })),
      published(sampleRecord({ id: "gen-safe" })),
    ]),
  ], { locks });
  assertEquals(locks.probed, ["gen-safe"]);
  const owners = Object.fromEntries(seen.map(({ record, owner }) => [record.id, owner]));
  assertEquals(owners, { "../../etc/passwd": "alive", "session-1": "unseen", "gen-safe": "gone" });
});

Deno.test("readRecords() notes when the owners had been looked at", async () => {
  const clock = new ManualClock();
  const store = new FakeStore("user", [published(sampleRecord())]);
  const gate = Promise.withResolvers<void>();
  store.gate = gate.promise;
  const reading = read([store], { clock });
  await clock.advance(40);
  gate.resolve();
  const { seenAtMs, scopes } = await reading;
  assertEquals([seenAtMs, scopes[0]?.elapsedMs], [40, 40]);
  assertEquals(clock.sleeperCount, 0);
});

Deno.test("readRecords() gives up a store that hangs, and keeps the others' answers", async () => {
  const clock = new ManualClock();
  const hung = new FakeStore("directory");
  hung.gate = new Promise(() => {});
  const locks = new FakeOwnerLocks({ "gen-abc123": "free" });
  const user = new FakeStore("user", [published(sampleRecord())]);
  const reading = read([hung, user], { clock, locks });
  await clock.advance(RECORDS_DEADLINE_MS);
  const { seen, scopes } = await reading;
  assertEquals(seen.map(({ owner }) => owner), ["gone"]);
  assertEquals(scopes[0], {
    scope: "directory",
    location: "the directory store",
    reading: {
      answered: false,
      reason: "failed",
      message: "Cannot read the directory store: no answer in 5 s",
    },
    elapsedMs: RECORDS_DEADLINE_MS,
  });
});

Deno.test("readRecords() judges by the heartbeat where looking at the lock hangs", async () => {
  const clock = new ManualClock();
  const locks = new FakeOwnerLocks();
  locks.probe = () => new Promise(() => {});
  const fresh = sampleRecord({ id: "gen-fresh" });
  const stale = sampleRecord({ id: "gen-stale", updatedAt: NOW_MS - 40_000 });
  const reading = read([new FakeStore("user", [published(fresh), published(stale)])], {
    clock,
    locks,
  });
  await clock.advance(RECORDS_DEADLINE_MS);
  const owners = (await reading).seen.map(({ record, owner }) => [record.id, owner]);
  assertEquals(Object.fromEntries(owners), { "gen-fresh": "alive", "gen-stale": "gone" });
});

Deno.test("readRecords() keeps few lock files open at the same time", async () => {
  const locks = new FakeOwnerLocks();
  let open = 0;
  let most = 0;
  locks.probe = async () => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    open--;
    return "held";
  };
  const many = Array.from(
    { length: 500 },
    (_, index) => published(sampleRecord({ id: `gen-${index}` })),
  );
  const { seen } = await read([new FakeStore("user", many)], { locks });
  assertEquals(seen.length, 500);
  assert(most <= 64, `${most} at the same time`);
});
