import { assertEquals, assertMatch } from "@std/assert";
import { showsWork } from "../../src/generation/server/counters.ts";
import {
  hasHeartbeat,
  isExpired,
  isSafeId,
  isShown,
  RECORD_LIFETIME_MS,
} from "../../src/generation/generation.ts";
import { newGenerationId } from "../../src/generation/generation_id.ts";
import { counters } from "../support/sample_answers.ts";
import { foreignRecord, NOW_MS, sampleRecord } from "../support/sample_records.ts";

const IDS: readonly [string, boolean][] = [
  ["gen-7f3k9x2q", true],
  ["session_ABC-1", true],
  ["x".repeat(64), true],
  ["", false],
  ["x".repeat(65), false],
  ["..", false],
  ["../etc", false],
  ["a/b", false],
  ["a\\b", false],
  ["a.lock", false],
  ["a\n", false],
  ["a b", false],
  ["gén", false],
  ["a\0", false],
];

for (const [id, isSafe] of IDS) {
  Deno.test(`isSafeId() says ${isSafe} of ${JSON.stringify(id)}`, () => {
    assertEquals(isSafeId(id), isSafe);
  });
}

const AGES: readonly { ageMs: number; fresh: boolean; expired: boolean }[] = [
  { ageMs: -7_200_000, fresh: false, expired: false },
  { ageMs: -30_001, fresh: false, expired: false },
  { ageMs: -30_000, fresh: true, expired: false },
  { ageMs: 0, fresh: true, expired: false },
  { ageMs: 29_999, fresh: true, expired: false },
  { ageMs: 30_000, fresh: false, expired: false },
  { ageMs: 86_400_000, fresh: false, expired: false },
  { ageMs: 86_400_001, fresh: false, expired: true },
];

for (const { ageMs, fresh, expired } of AGES) {
  Deno.test(`hasHeartbeat() and isExpired() of a record stamped ${ageMs} ms ago`, () => {
    const record = sampleRecord({ updatedAt: NOW_MS - ageMs });
    assertEquals(hasHeartbeat(record, NOW_MS), fresh);
    assertEquals(isExpired(record, NOW_MS), expired);
  });
}

Deno.test("newGenerationId() makes short, unique ids that are safe in paths", () => {
  const ids = Array.from({ length: 5_000 }, newGenerationId);
  for (const id of ids) assertMatch(id, /^gen-[0-9a-z]{8}$/);
  assertEquals(ids.every(isSafeId), true);
  assertEquals(new Set(ids).size, ids.length);
  assertEquals(new Set(ids.join("").replaceAll("gen-", "")).size, 36);
});

Deno.test("showsWork() checks each of the four counters", () => {
  assertEquals(showsWork(counters()), false);
  assertEquals(showsWork(counters({ waitingGens: 1 })), true);
  assertEquals(showsWork(counters({ loadingModels: 1 })), true);
  assertEquals(showsWork(counters({ waitingBackends: 1 })), true);
  assertEquals(showsWork(counters({ liveGens: 1 })), true);
});

Deno.test("isShown() hides a foreign record from the far future, but not this tool's", () => {
  const future = { updatedAt: NOW_MS + RECORD_LIFETIME_MS + 1 };
  assertEquals(isShown(foreignRecord(future), NOW_MS), false);
  assertEquals(isShown(foreignRecord({ updatedAt: NOW_MS + 3_600_000 }), NOW_MS), true);
  assertEquals(isShown(sampleRecord(future), NOW_MS), true);
  assertEquals(
    isShown(sampleRecord({ updatedAt: NOW_MS - RECORD_LIFETIME_MS - 1 }), NOW_MS),
    false,
  );
});
