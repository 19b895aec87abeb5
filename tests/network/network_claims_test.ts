/** Claims on Redis, if what answers is not a Redis that can be trusted. */
import { assertRejects } from "@std/assert";
import { AppError } from "../../src/errors.ts";
import { createNetworkClaims } from "../../src/network/network_claims.ts";
import type { RedisLink } from "../../src/network/redis_link.ts";
import { ManualClock } from "../support/manual_clock.ts";

for (const reply of ["OK", null, 2, ["no claim", 100]]) {
  Deno.test(`take() does not take ${JSON.stringify(reply)} for a claim`, async () => {
    const address = { shown: "Redis at gpu:6379" };
    const link = { address, change: () => Promise.resolve(reply) } as unknown as RedisLink;
    const clock = new ManualClock();
    const claims = createNetworkClaims({ link, prefix: "test:", clock });
    const takenAt = clock.now();
    await assertRejects(
      () =>
        claims.take({
          ...{ id: "claim-a", name: "nightly", serverUrl: "http://gpu:7801", serverId: null },
          ...{ host: "here", pid: 1, takenAt, expiresAt: takenAt + 1_000 },
        }),
      AppError,
      "Cannot take a claim by Redis at gpu:6379",
    );
  });
}
