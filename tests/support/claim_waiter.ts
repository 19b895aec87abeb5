/**
 * Waits for one claim again and again, as many holders: for tests with real processes.
 *
 * `claim_waiter.ts PLACE LOG COUNT`: PLACE is the address of a Redis or a directory. Each of COUNT
 * waiters tries until it has the claim, appends `PID ID taken NOW EXPIRY` to LOG, then `PID ID over NOW`,
 * gives it back, and tries again, without end.
 */
import type { ClaimStore } from "../../src/generation/claim.ts";
import { newClaimId } from "../../src/generation/generation_id.ts";
import { openRedisNetwork } from "../../src/network/redis_network.ts";
import { createClaimFile } from "../../src/state/private/claim_file.ts";
import { SystemClock } from "../../src/system/system_clock.ts";

/** How long a claim lasts that its holder does not live to give back, in milliseconds. */
const LASTS_MS = 1_000;

const [place = "", log = "", count = "1"] = Deno.args;
const clock = new SystemClock();
const claims: ClaimStore = place.startsWith("redis:")
  ? openRedisNetwork({ url: place, prefix: "test:", sharesSessions: false, clock }).claims
  : createClaimFile({ directory: place, clock });

function note(line: string): void {
  Deno.writeTextFileSync(log, `${Deno.pid} ${line}\n`, { append: true });
}

async function wait(): Promise<void> {
  for (;;) {
    const id = newClaimId();
    const takenAt = clock.now();
    const holder = await claims.take({
      id,
      name: "contest",
      serverUrl: "http://127.0.0.1:7801",
      serverId: null,
      host: "here",
      pid: Deno.pid,
      takenAt,
      expiresAt: takenAt + LASTS_MS,
    });
    if (holder === null) {
      note(`${id} taken ${clock.now()} ${takenAt + LASTS_MS}`);
      await clock.sleep(20);
      note(`${id} over ${clock.now()}`);
      await claims.release(id);
    }
    await clock.sleep(10 + 40 * Math.random());
  }
}

await Promise.all(Array.from({ length: Number(count) }, wait));
