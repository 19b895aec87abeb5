/** Many generations that lose their connections or their processes: no picture may be lost. */
import { assert, assertEquals } from "@std/assert";
import { runKilled } from "../support/killed_world.ts";
import { runLossy } from "../support/lossy_world.ts";

Deno.test("generate image loses no picture of 30 generations with its connections", async () => {
  const { faults, harmed, lost } = await runLossy({
    generations: 30,
    parallel: 6,
    factor: 20,
    requestTimeoutMs: 300,
    losses: { seed: 2026, percent: 45, withinMs: 900, stallMs: 3_000 },
  });
  assertEquals(faults, []);
  assert(harmed > 10, `${harmed} connections came to harm`);
  assert(lost > 3, `${lost} generations lost their connection`);
});

Deno.test("attach gets every picture of generations that were killed at random moments", async () => {
  assertEquals(await runKilled({ runs: 4, seed: 2026 }), { faults: [], taken: 4 });
});
