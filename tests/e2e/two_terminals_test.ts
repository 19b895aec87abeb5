import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { readGenerate } from "../support/status_json.ts";
import type { StatusJson } from "../support/status_json.ts";
import { waitFor } from "../support/wait_for.ts";

/** What is seen in two terminals: one in the generation's directory, one in another directory. */
async function bothSee(stage: Stage): Promise<readonly [StatusJson, StatusJson]> {
  return await Promise.all([stage.status(), stage.status({ cwd: stage.elsewhere })]);
}

function progressOf(status: StatusJson): number {
  return status.active_generations[0]?.progress ?? 0;
}

/** Lets the server work until both terminals show more progress than before. */
async function bothSeeMore(stage: Stage, than: number): Promise<readonly [StatusJson, StatusJson]> {
  await stage.clock.advance(150);
  return await waitFor(async () => {
    const both = await bothSee(stage);
    return both.every((one) => progressOf(one) > than) ? both : null;
  }, { what: `progress above ${than}` });
}

Deno.test("status reports a generation in its own directory and in another, until it ends", async () => {
  await using stage = await openStage();
  const spawnedMs = Date.now();
  await using generating = stage.generate(["--batch", "4"]);
  await stage.untilWorking(4);
  let progress = 0;
  for (const _look of [1, 2, 3]) {
    const askedMs = Date.now();
    const [here, there] = await bothSeeMore(stage, progress);
    const toldMs = Date.now();
    assertEquals(here.active_generations[0]?.scope, ["directory", "user"]);
    assertEquals(there.active_generations[0]?.scope, ["user"]);
    for (const status of [here, there]) {
      const { verdict, generations_running, generations_running_basis, images } = status;
      assertEquals(
        { verdict, generations_running, generations_running_basis },
        { verdict: "busy", generations_running: 1, generations_running_basis: "exact" },
      );
      assertEquals(images.untracked, 0);
      assertEquals(status.active_generations.length, 1);
      const [generation] = status.active_generations;
      assert(generation);
      assertEquals(generation.status, "generating");
      assertEquals(generation.images_total, 4);
      assert(progressOf(status) > progress && progressOf(status) < 1, `${progressOf(status)}`);
      const startedMs = Date.parse(generation.start_time);
      assert(startedMs >= spawnedMs && startedMs <= askedMs, generation.start_time);
      // Shown in tenths of a second.
      const durationMs = generation.duration_seconds * 1000;
      assert(durationMs >= askedMs - startedMs - 100, `${durationMs}`);
      assert(durationMs <= toldMs - startedMs + 100, `${durationMs}`);
    }
    progress = Math.max(progressOf(here), progressOf(there));
  }
  await stage.finish();
  const { code, out } = await generating.end();
  assertEquals(code, 0);
  assertEquals(readGenerate(out).images_done, 4);
  for (const status of await bothSee(stage)) {
    assertEquals(
      [status.verdict, status.generations_running, status.active_generations],
      ["idle", 0, []],
    );
  }
  assertEquals(await stage.recordedIds(), []);
});

Deno.test("status shows the second of two generations after the first has ended", async () => {
  await using stage = await openStage();
  await using first = stage.generate();
  await stage.untilWorking(1);
  await using second = stage.generate(["--batch", "3"], { cwd: stage.elsewhere });
  await stage.untilWorking(4);
  for (const status of await bothSee(stage)) {
    assertEquals(status.generations_running, 2);
    assertEquals(status.active_generations.map((one) => one.images_total), [1, 3]);
    assertEquals([status.images.outstanding, status.images.untracked], [4, 0]);
  }
  await stage.pass(() => stage.server.counters.waiting_gens <= 3);
  const firstId = readGenerate((await first.end()).out).session_id;
  const left = await bothSee(stage);
  for (const status of left) {
    assertEquals([status.verdict, status.generations_running], ["busy", 1]);
    assertEquals(status.active_generations.map((one) => one.images_total), [3]);
    assertNotEquals(status.active_generations[0]?.session_id, firstId);
  }
  await stage.finish();
  const secondId = readGenerate((await second.end()).out).session_id;
  assertEquals(left.map((status) => status.active_generations[0]?.session_id), [
    secondId,
    secondId,
  ]);
  for (const status of await bothSee(stage)) {
    assertEquals([status.verdict, status.generations_running], ["idle", 0]);
  }
  assertStringIncludes(await stage.statusText(), "\nNo generations currently running\n");
});
