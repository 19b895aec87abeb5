/**
 * The claims of a user on one machine: what happens to them if the clock is set, or their process
 * is killed.
 */
import { assertEquals } from "@std/assert";
import type { Claim } from "../../../src/generation/claim.ts";
import { createClaimFile } from "../../../src/state/private/claim_file.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { namesIn, tempDir } from "../../support/temp_dir.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function claimAt(takenAt: number, id: string): Claim {
  return {
    id,
    name: "nightly",
    serverUrl: "http://gpu:7801",
    serverId: "server-1",
    host: "here",
    pid: 1,
    takenAt,
    expiresAt: takenAt + HOUR_MS,
  };
}

for (
  const [byMs, holder] of [
    [-HOUR_MS, "claim-a"],
    [-DAY_MS, "claim-a"],
    [-DAY_MS - 1, null],
    [HOUR_MS - 1, "claim-a"],
    [HOUR_MS, null],
  ] as const
) {
  const what = holder === null ? "frees it" : "leaves it to its holder";
  Deno.test(`take() of a claim: a clock that is set by ${byMs} ms ${what}`, async () => {
    await using dir = await tempDir();
    const clock = new ManualClock();
    const store = createClaimFile({ directory: dir.path, clock });
    await store.take(claimAt(clock.now(), "claim-a"));
    const later = new ManualClock(clock.now() + byMs);
    const other = createClaimFile({ directory: dir.path, clock: later });
    const found = await other.take(claimAt(later.now(), "claim-b"));
    assertEquals(found?.id ?? null, holder);
  });
}

Deno.test("take() of a claim removes what a killed process has left", async () => {
  await using dir = await tempDir();
  const clock = new ManualClock();
  const store = createClaimFile({ directory: dir.path, clock });
  await store.take(claimAt(clock.now(), "claim-a"));
  const left = `${dir.path}/claims/claims.json.3f2c6f2e-65a5-4c8a-9d4e-0123456789ab.tmp`;
  await Deno.writeTextFile(left, "{");
  await store.release("claim-a");
  const names = await namesIn(`${dir.path}/claims`);
  assertEquals(names, [".lock", "claims.json"]);
});
