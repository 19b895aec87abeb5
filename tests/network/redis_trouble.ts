import { assert } from "@std/assert";
import { openRedisNetwork } from "../../src/network/redis_network.ts";
import { SystemClock } from "../../src/system/system_clock.ts";

/** Reads the records from a Redis that does not answer as one, and gives what is reported of it. */
export async function redisTrouble(url: string): Promise<string | undefined> {
  await using network = openRedisNetwork({
    url,
    prefix: "test:",
    sharesSessions: false,
    clock: new SystemClock(),
    attemptMs: 30_000,
  });
  const reading = await network.store.list();
  assert(!reading.answered);
  return reading.message.split(`${new URL(url).port}: `)[1];
}
