import { assertEquals } from "@std/assert";
import { createMemoryStore } from "../../../src/generation/records/memory_store.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { NOW_MS, sampleRecord, sampleSession } from "../../support/sample_records.ts";

Deno.test("createMemoryStore() keeps records and sessions, and hides them after 24 hours", async () => {
  const clock = new ManualClock(NOW_MS);
  const store = createMemoryStore({ clock });
  const first = { record: sampleRecord({ id: "a" }), session: sampleSession("a") };
  const second = { record: sampleRecord({ id: "b" }), session: null };
  await store.put(first);
  await store.put(second);
  await store.put({ ...second, record: sampleRecord({ id: "b", updatedAt: NOW_MS }) });
  await store.remove("missing");
  const reading = await store.list();
  assertEquals(reading.answered && reading.publications.map(({ record }) => record.id), ["a", "b"]);
  assertEquals(reading.answered && reading.publications[0]?.session?.reveal(), "secret-a");

  await store.prune([first.record, second.record]);
  const pruned = await store.list();
  assertEquals(pruned.answered && pruned.publications.map(({ record }) => record.id), ["b"]);
  await clock.advance(24 * 60 * 60 * 1000 + 1);
  assertEquals(await store.list(), { answered: true, publications: [], problems: [] });
});

Deno.test("createMemoryStore() reports changes since the call, and ends with its signal", async () => {
  const store = createMemoryStore({ clock: new ManualClock(NOW_MS) });
  const stop = new AbortController();
  const changes = store.watch(stop.signal)[Symbol.asyncIterator]();
  await store.put({ record: sampleRecord(), session: null });
  assertEquals((await changes.next()).done, false);
  const next = changes.next();
  await store.remove("gen-abc123");
  assertEquals((await next).done, false);
  const last = changes.next();
  stop.abort();
  assertEquals((await last).done, true);
});
