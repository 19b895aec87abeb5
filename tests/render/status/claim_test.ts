import { assertEquals } from "@std/assert";
import type { Claim } from "../../../src/generation/claim.ts";
import { claimDocument, holderText } from "../../../src/render/status/claim.ts";
import { NOW_MS } from "../../support/sample_records.ts";

const CLAIM: Claim = {
  ...{ id: "claim-a", name: "nightly", serverUrl: "http://gpu:7801", serverId: null },
  ...{ host: "north", pid: 1, takenAt: NOW_MS - 1_080_000, expiresAt: NOW_MS + 2_520_000 },
};

Deno.test("a claim says for how long it holds a server", () => {
  assertEquals(holderText(CLAIM, NOW_MS), "held by nightly on north for 42.0m more");
  assertEquals(claimDocument(CLAIM, NOW_MS)["expires_in_seconds"], 2_520);
});

Deno.test("a claim without an end is not said to end", () => {
  const endless = { ...CLAIM, expiresAt: Infinity };
  assertEquals(
    holderText(endless, NOW_MS),
    "held by nightly on north without an end (asset-generator release claim-a gives it back)",
  );
  const { expires_at, expires_in_seconds } = claimDocument(endless, NOW_MS);
  assertEquals([expires_at, expires_in_seconds], [null, null]);
});
