/**
 * Waits for one claim again and again, as many holders: for tests with real processes.
 *
 * `claim_waiter.ts PLACE LOG COUNT [SHIFT]`: PLACE is the address of a Redis or a directory; SHIFT is
 * how far this process's clock is ahead, in milliseconds. Each of COUNT waiters tries until it has the
 * claim, appends `PID ID taken NOW EXPIRY` to LOG, then `PID ID over NOW`, gives it back, and tries
 * again, without end. An attempt that fails is `PID - failed NOW`.
 */
import { Claiming } from "../../src/cli/claims/claiming.ts";
import { Messages } from "../../src/cli/messages.ts";
import type { ClaimStore } from "../../src/generation/claim.ts";
import { openRedisNetwork } from "../../src/network/redis_network.ts";
import { createClaimFile } from "../../src/state/private/claim_file.ts";
import { CLAIM_LASTS_MS } from "./claim_contest.ts";
import { MemoryTerminal } from "./memory_terminal.ts";
import { unanswered } from "./sample_answers.ts";
import { sampleReport } from "./sample_report.ts";
import { ShiftedClock } from "./shifted_clock.ts";

/** Names of one server. */
const URLS = ["http://127.0.0.1:7801", "http://gpu:7801", "http://gpu.example:7801"];

const [place = "", log = "", count = "1", shift = "0"] = Deno.args;
const clock = new ShiftedClock(Number(shift));
const store: ClaimStore = place.startsWith("redis:")
  ? openRedisNetwork({ url: place, prefix: "test:", sharesSessions: false, clock }).claims
  : createClaimFile({ directory: place, clock });
const messages = new Messages(new MemoryTerminal(), { verbosity: "quiet", color: "never" });

function note(line: string): void {
  Deno.writeTextFileSync(log, `${Deno.pid} ${line}\n`, { append: true });
}

async function wait(index: number): Promise<void> {
  const report = sampleReport({
    serverUrl: URLS[index % URLS.length] ?? "",
    identity: { version: null, serverId: "server-1", asOf: clock.now() },
  });
  for (;;) {
    try {
      await tryOnce(
        new Claiming({ name: "contest", forMs: CLAIM_LASTS_MS }, {
          store,
          context: { clock, messages, hostname: () => "here", pid: Deno.pid },
          observer: { renewIdentity: () => Promise.resolve(unanswered("timeout")) },
        }),
        report,
      );
    } catch {
      note(`- failed ${Date.now()}`);
    }
    await clock.sleep(10 + 40 * Math.random());
  }
}

/** As `wait --claim` does: it looks, may reserve, and takes the claim. */
async function tryOnce(
  claiming: Claiming,
  report: ReturnType<typeof sampleReport>,
): Promise<void> {
  const obstacle = await claiming.obstacle(report) ??
    (Math.random() < 0.5 ? await claiming.reserve(report) : null);
  const attempt = obstacle ?? await claiming.take(report);
  if ("claim" in attempt) {
    const { id, expiresAt } = attempt.claim;
    note(`${id} taken ${Date.now()} ${expiresAt - Number(shift)}`);
    await clock.sleep(20);
    note(`${id} over ${Date.now()}`);
  } else if ("problem" in attempt) {
    note(`- failed ${Date.now()}`);
  }
  await claiming.giveUp();
}

await Promise.all(Array.from({ length: Number(count) }, (_, index) => wait(index)));
