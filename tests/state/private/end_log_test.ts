import { assertEquals } from "@std/assert";
import type { EndLog } from "../../../src/generation/records/end_log.ts";
import { createEndLog } from "../../../src/state/private/end_log.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { namesIn, withTempDir } from "../../support/temp_dir.ts";

const ENDED_AT = Date.UTC(2025, 9, 10, 14, 30);

async function withLog(
  action: (
    log: EndLog,
    world: { readonly directory: string; readonly clock: ManualClock },
  ) => Promise<
    void
  >,
): Promise<void> {
  await withTempDir(async ({ path }) => {
    const clock = new ManualClock(Date.now());
    await action(createEndLog({ directory: path, clock }), { directory: path, clock });
  });
}

Deno.test("find() of the end log returns what put() wrote, to every process", async () => {
  await withLog(async (log, { directory, clock }) => {
    assertEquals(await log.find("gen-a"), null);
    for (const outcome of ["finished", "failed", "cancelled"] as const) {
      const end = { id: `gen-${outcome}`, outcome, endedAt: ENDED_AT };
      await log.put(end);
      assertEquals(await createEndLog({ directory, clock }).find(end.id), end);
    }
  });
});

Deno.test("put() of the end log replaces an earlier end, and forgets those of the day before", async () => {
  await withLog(async (log, { directory, clock }) => {
    await log.put({ id: "gen-a", outcome: "failed", endedAt: ENDED_AT });
    await log.put({ id: "gen-a", outcome: "cancelled", endedAt: ENDED_AT });
    assertEquals((await log.find("gen-a"))?.outcome, "cancelled");
    clock.setNow(clock.now() + 25 * 3_600_000);
    await log.put({ id: "gen-b", outcome: "finished", endedAt: ENDED_AT });
    assertEquals(await namesIn(`${directory}/ended`), [
      "gen-b.json",
    ]);
  });
});

Deno.test("put() of the end log removes what a killed process left, and nobody's that may still write", async () => {
  await withLog(async (log, { directory, clock }) => {
    await log.put({ id: "gen-a", outcome: "finished", endedAt: ENDED_AT });
    const temp = `${directory}/ended/gen-b.json.3f2c6f2e-65a5-4c8a-9d4e-0123456789ab.tmp`;
    await Deno.writeTextFile(temp, "{");
    const writtenMs = Deno.statSync(temp).mtime?.getTime() ?? NaN;
    for (
      const [id, waitedMs, isThere] of [["gen-c", 1_000, true], ["gen-d", 1_001, false]] as const
    ) {
      clock.setNow(writtenMs + waitedMs);
      await log.put({ id, outcome: "finished", endedAt: ENDED_AT });
      const names = await namesIn(`${directory}/ended`);
      assertEquals(names.some((name) => name.endsWith(".tmp")), isThere, id);
    }
  });
});

Deno.test({
  name: "put() of the end log writes for its user only",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withLog(async (log, { directory }) => {
      await log.put({ id: "gen-a", outcome: "finished", endedAt: ENDED_AT });
      assertEquals((Deno.statSync(`${directory}/ended`).mode ?? 0) & 0o777, 0o700);
      assertEquals((Deno.statSync(`${directory}/ended/gen-a.json`).mode ?? 0) & 0o777, 0o600);
    }),
});

Deno.test({
  name: "put() of the end log closes a directory that is open to others",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withLog(async (log, { directory }) => {
      Deno.mkdirSync(`${directory}/ended`);
      Deno.chmodSync(`${directory}/ended`, 0o777);
      await log.put({ id: "gen-a", outcome: "finished", endedAt: ENDED_AT });
      assertEquals((Deno.statSync(`${directory}/ended`).mode ?? 0) & 0o777, 0o700);
    }),
});

Deno.test("put() of the end log reports the id, the outcome and the time, and nothing else", async () => {
  await withLog(async (log, { directory }) => {
    await log.put({ id: "gen-a", outcome: "failed", endedAt: ENDED_AT });
    assertEquals(JSON.parse(Deno.readTextFileSync(`${directory}/ended/gen-a.json`)), {
      id: "gen-a",
      outcome: "failed",
      ended_at: "2025-10-10T14:30:00.000Z",
    });
  });
});

Deno.test("the end log leaves ids alone that are not safe in a path", async () => {
  await withLog(async (log, { directory }) => {
    await log.put({ id: "../gen-a", outcome: "finished", endedAt: ENDED_AT });
    assertEquals(await namesIn(directory), []);
    Deno.writeTextFileSync(`${directory}/x.json`, JSON.stringify({ id: "../x" }));
    assertEquals(await log.find("../x"), null);
  });
});

Deno.test("find() of the end log knows nothing of what it cannot understand", async () => {
  await withLog(async (log, { directory }) => {
    const end = { id: "gen-a", outcome: "finished", ended_at: "2025-10-10T14:30:00.000Z" };
    Deno.mkdirSync(`${directory}/ended`, { mode: 0o700 });
    const path = `${directory}/ended/gen-a.json`;
    Deno.writeTextFileSync(path, JSON.stringify(end));
    assertEquals((await log.find("gen-a"))?.outcome, "finished");
    for (
      const broken of [
        "",
        "{",
        "null",
        JSON.stringify({ ...end, id: "gen-b" }),
        JSON.stringify({ ...end, outcome: "won" }),
        JSON.stringify({ ...end, ended_at: "yesterday" }),
      ]
    ) {
      Deno.writeTextFileSync(path, broken);
      assertEquals(await log.find("gen-a"), null, broken);
    }
  });
});

Deno.test("put() of the end log fails silently", async () => {
  await withLog(async (log, { directory }) => {
    Deno.writeTextFileSync(`${directory}/ended`, "");
    await log.put({ id: "gen-a", outcome: "finished", endedAt: ENDED_AT });
    assertEquals(await log.find("gen-a"), null);
  });
});
