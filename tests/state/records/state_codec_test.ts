import { assert, assertEquals, assertThrows } from "@std/assert";
import type { GenerationRecord } from "../../../src/generation/generation.ts";
import {
  decodeRecords,
  formatStateFile,
  parseStateFile,
  withoutRecords,
  withRecord,
} from "../../../src/state/records/state_codec.ts";
import { foreignRecord, NOW_MS, sampleRecord } from "../../support/sample_records.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

function fixture(name: string): string {
  return Deno.readTextFileSync(new URL(`../../fixtures/state/${name}`, import.meta.url));
}

function recordsOf(text: string, nowMs: number = NOW_MS): readonly GenerationRecord[] {
  return decodeRecords(parseStateFile(text), nowMs).records;
}

Deno.test("decodeRecords() reads the original tool's file as foreign records", () => {
  assertEquals(decodeRecords(parseStateFile(fixture("go_tool.json")), NOW_MS), {
    records: [foreignRecord({ startedAt: NOW_MS, updatedAt: NOW_MS + 135_000 })],
    problems: [],
    unread: 0,
  });
});

Deno.test("decodeRecords() reads Go's local times with nanoseconds", () => {
  const [record] = recordsOf(fixture("go_tool_local_time.json"));
  assertEquals([record?.startedAt, record?.updatedAt], [NOW_MS - 1_877, NOW_MS + 987]);
});

Deno.test("formatStateFile() keeps every field of a file of the future", () => {
  const before = fixture("future_version.json");
  const text = formatStateFile(withRecord(parseStateFile(before), sampleRecord()), NOW_MS);
  const { sessions, updated_at, ...rest } = JSON.parse(text);
  const expected = JSON.parse(before);
  assertEquals(sessions["gen-future01"], expected.sessions["gen-future01"]);
  assertEquals(sessions["gen-abc123"].images_total, 4);
  assertEquals([updated_at, rest], [
    "2025-10-10T14:30:00.000Z",
    { schema: 7, written_by: "asset-generator 9.0.0" },
  ]);
});

Deno.test("decodeRecords() survives a hostile file and names what is bad in it", () => {
  const { records, problems } = decodeRecords(parseStateFile(fixture("hostile.json")), NOW_MS);
  assertEquals(records.map((record) => record.id), [
    "__proto__",
    "../../etc/passwd",
    "gen-number",
    "gen-user-info",
    "",
  ]);
  assert(!JSON.stringify({ records, problems }).includes("hunter2"));
  assertEquals(records[3]?.serverUrl, "http://127.0.0.1:7801");
  assertEquals(problems.filter((line) => /^Record "gen-(undated|list|null)"/.test(line)), [
    'Record "gen-undated" has no date that can be read',
    'Record "gen-list" is an array, not an object',
    'Record "gen-null" is null, not an object',
  ]);
});

Deno.test("formatStateFile() changes nothing of a hostile file's records, __proto__ included", () => {
  const before = fixture("hostile.json");
  const after = parseStateFile(formatStateFile(parseStateFile(before), NOW_MS));
  assertEquals([...after.sessions], [...parseStateFile(before).sessions]);
  assert(!("polluted" in {}));
});

Deno.test("decodeRecords() reports at most twenty problems of a file", () => {
  const sessions = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [index, 0]));
  const { problems } = decodeRecords(parseStateFile(JSON.stringify({ sessions })), NOW_MS);
  assertEquals([problems.length, problems.at(-1)], [21, "30 more problems of this kind"]);
});

Deno.test("a record of more than 24 hours is hidden on reading and dropped on writing", () => {
  const records = [
    sampleRecord({ id: "old", updatedAt: NOW_MS - DAY_MS - 1 }),
    sampleRecord({ id: "day", updatedAt: NOW_MS - DAY_MS }),
    // The clock was set back an hour since it was written.
    sampleRecord({ id: "ahead", updatedAt: NOW_MS + 3_600_000 }),
  ];
  const file = records.reduce(withRecord, parseStateFile(""));
  assertEquals(decodeRecords(file, NOW_MS).records.map((record) => record.id), ["day", "ahead"]);
  const written = parseStateFile(formatStateFile(file, NOW_MS));
  assertEquals([...written.sessions.keys()], ["day", "ahead"]);
});

for (const text of ["", " \n", "\uFEFF", "{}", '{"sessions":null}', '{"sessions":{}}']) {
  Deno.test(`parseStateFile() takes ${JSON.stringify(text)} for a file without records`, () => {
    assertEquals(recordsOf(text), []);
  });
}

const CORRUPT: readonly (readonly [text: string, reason: string])[] = [
  ['{"sessions": {"a": {"id": "a", "stat', "line 1 column 37 is not JSON"],
  ["secret words", "it is not JSON"],
  ["\0\0\0\0", "it is not JSON"],
  ["[]", "it holds an array, not an object"],
  ["17", "it holds 17, not an object"],
  ["null", "it holds null, not an object"],
  ['{"sessions":[]}', 'its "sessions" is an array, not an object'],
  ['{"sessions":"x"}', 'its "sessions" is "x", not an object'],
];
for (const [text, reason] of CORRUPT) {
  Deno.test(`parseStateFile() refuses ${JSON.stringify(text)}`, () => {
    assertEquals(assertThrows(() => parseStateFile(text), SyntaxError).message, reason);
  });
}

Deno.test("withoutRecords() gives the same file if it has none of them", () => {
  const file = withRecord(parseStateFile(""), sampleRecord());
  assert(withoutRecords(file, ["other", "__proto__"]) === file);
  assertEquals(withoutRecords(file, ["gen-abc123"]).sessions.size, 0);
});
