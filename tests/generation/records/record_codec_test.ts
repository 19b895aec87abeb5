import { assertEquals } from "@std/assert";
import { parseTime } from "../../../src/json_object.ts";
import { decodeRecord, encodeRecord, quote } from "../../../src/generation/records/record_codec.ts";
import { NOW_MS, sampleRecord } from "../../support/sample_records.ts";

Deno.test("decodeRecord() reads what encodeRecord() wrote", () => {
  const records = [
    sampleRecord({ serverId: "058716b5-c6f5-49ed-9ca3-be20d82e4c5f" }),
    sampleRecord({ model: "sdxl/base", queued: false, remainingSeconds: 40.5 }),
    sampleRecord({ model: null, queued: true, remainingSeconds: null }),
    sampleRecord({ serverUrl: null, host: null, pid: null, progress: null, imagesTotal: null }),
  ];
  for (const record of records) {
    const written: unknown = JSON.parse(JSON.stringify(encodeRecord(record)));
    assertEquals(decodeRecord(record.id, written), { record, problems: [] });
  }
});

Deno.test("encodeRecord() writes the original tool's five fields as it does", () => {
  const { id, status, progress, start_time, updated_at } = encodeRecord(sampleRecord());
  assertEquals({ id, status, progress, start_time, updated_at }, {
    id: "gen-abc123",
    status: "generating",
    progress: 0.45,
    start_time: "2025-10-10T14:27:30.000Z",
    updated_at: "2025-10-10T14:29:59.000Z",
  });
});

Deno.test("encodeRecord() keeps fields that it does not know and replaces all others", () => {
  const written = encodeRecord(sampleRecord({ status: "starting" }), {
    status: "x",
    phase: { n: 1 },
  });
  assertEquals([written["status"], written["phase"]], ["starting", { n: 1 }]);
});

Deno.test("encodeRecord() writes no user name and password", () => {
  const written = encodeRecord(sampleRecord({ serverUrl: "http://me:hunter2@127.0.0.1:7801/x" }));
  assertEquals(written["server_url"], "http://127.0.0.1:7801/x");
});

const BAD_FIELDS: readonly (readonly [field: string, value: unknown])[] = [
  ["id", "gen-other"],
  ["id", 42],
  ["status", 7],
  ["progress", 17],
  ["progress", -0.1],
  ["progress", "0.5"],
  ["start_time", "soon"],
  ["updated_at", 1760106600000],
  ["server_id", { $ne: null }],
  ["host", ["a"]],
  ["pid", -1],
  ["pid", "4711"],
  ["images_total", 1.5],
  ["images_done", 1e300],
  ["model", { name: "sdxl/base" }],
  ["queued", "yes"],
  ["remaining_seconds", -1],
];
for (const [field, value] of BAD_FIELDS) {
  Deno.test(`decodeRecord() names a bad field: ${field} ${quote(value)}`, () => {
    const written = { ...encodeRecord(sampleRecord()), [field]: value };
    const { record, problems } = decodeRecord("gen-abc123", written);
    assertEquals(record?.id, "gen-abc123");
    assertEquals(problems, [`Record "gen-abc123" has a bad "${field}": ${quote(value)}`]);
  });
}

Deno.test("decodeRecord() does not show a bad server_url", () => {
  const { record, problems } = decodeRecord("a", {
    ...encodeRecord(sampleRecord({ id: "a" })),
    server_url: "http://me:hunter2@",
  });
  assertEquals(record?.serverUrl, null);
  assertEquals(problems, ['Record "a" has a bad "server_url": not a URL']);
});

Deno.test("decodeRecord() uses one date for the other, and refuses a record without any", () => {
  const fields = { status: "generating" };
  const time = "2025-10-10T14:30:00Z";
  const stamped = decodeRecord("a", { ...fields, updated_at: time }).record;
  const started = decodeRecord("a", { ...fields, start_time: time }).record;
  assertEquals([stamped?.startedAt, stamped?.updatedAt], [NOW_MS, NOW_MS]);
  assertEquals([started?.startedAt, started?.updatedAt], [NOW_MS, NOW_MS]);
  assertEquals(decodeRecord("a", fields), {
    record: null,
    problems: ['Record "a" has no date that can be read'],
  });
});

Deno.test("decodeRecord() never counts more finished images than requested", () => {
  const written = { ...encodeRecord(sampleRecord({ imagesTotal: 2 })), images_done: 9 };
  assertEquals(decodeRecord("gen-abc123", written).record?.imagesDone, 2);
});

const TIMES: readonly (readonly [text: unknown, ms: number | null])[] = [
  ["2025-10-10T14:30:00Z", NOW_MS],
  ["2025-10-10T14:30:00.000Z", NOW_MS],
  ["2025-10-10T16:30:00.123456789+02:00", NOW_MS + 123],
  ["2025-10-10T10:00:00.5-04:30", NOW_MS + 500],
  ["2025-10-10t14:30:00z", NOW_MS],
  ["0001-01-01T00:00:00Z", -62135596800000],
  ["2025-10-10", null],
  ["2025-10-10T14:30:00", null],
  ["2025-13-10T14:30:00Z", null],
  ["2025-10-10T14:30:61Z", null],
  ["gen-5", null],
  ["", null],
  [NOW_MS, null],
  [null, null],
];
for (const [text, ms] of TIMES) {
  Deno.test(`parseTime() reads ${quote(text)} as ${ms}`, () => assertEquals(parseTime(text), ms));
}

Deno.test("quote() is short, one line and free of control characters", () => {
  assertEquals(quote("a\n\u001b[31m"), String.raw`"a\n\u001b[31m"`);
  assertEquals(quote("x".repeat(1_000_000)).length, 61);
  assertEquals([quote([1]), quote({}), quote(null), quote(1.5)], [
    "an array",
    "an object",
    "null",
    "1.5",
  ]);
});
