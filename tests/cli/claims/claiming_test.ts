/** Taking a claim: what can go wrong between the attempt and the one who is told. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Claiming } from "../../../src/cli/claims/claiming.ts";
import { Messages } from "../../../src/cli/messages.ts";
import { AppError, type ErrorCode } from "../../../src/errors.ts";
import type { Claim, ClaimsReading, ClaimStore } from "../../../src/generation/claim.ts";
import { holderOf } from "../../../src/generation/claim.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { MemoryTerminal } from "../../support/memory_terminal.ts";
import { answered, unanswered } from "../../support/sample_answers.ts";
import { sampleReport } from "../../support/sample_report.ts";
import { WatchBench } from "../../support/watch_bench.ts";

const HOUR_MS = 3_600_000;

/** Claims in memory. */
class MemoryClaims implements ClaimStore {
  readonly clock: ManualClock;
  held: readonly Claim[] = [];
  takes = 0;
  /** Why it cannot be read; `null`: it can. */
  unread: ErrorCode | null = null;
  /** Happens after an attempt and before its answer. */
  meanwhile: () => void | Promise<void> = () => {};

  constructor(clock: ManualClock = new ManualClock()) {
    this.clock = clock;
  }

  list(): Promise<ClaimsReading> {
    if (this.unread !== null) {
      return Promise.resolve({ answered: false, code: this.unread, message: "Cannot read it" });
    }
    const claims = this.held.filter(({ expiresAt }) => this.clock.now() < expiresAt);
    return Promise.resolve({ answered: true, claims });
  }

  async take(claim: Claim): Promise<Claim | null> {
    this.takes++;
    const others = this.held.filter(({ id, expiresAt }) =>
      id !== claim.id && this.clock.now() < expiresAt
    );
    const holder = holderOf(claim, others);
    if (holder === null) this.held = [...others, claim];
    await this.meanwhile();
    return holder;
  }

  release(id: string): Promise<boolean> {
    const left = this.held.filter((claim) => claim.id !== id);
    const isThere = left.length < this.held.length;
    this.held = left;
    return Promise.resolve(isThere);
  }
}

/** @param serverId Which server it is, if it is asked; `null`: it does not answer. */
function claimingOn(store: MemoryClaims, serverId: string | null = "server-1"): Claiming {
  const { clock } = store;
  const messages = new Messages(new MemoryTerminal(), { verbosity: "quiet", color: "never" });
  return new Claiming({ name: "nightly", forMs: HOUR_MS }, {
    store,
    context: { clock, messages, hostname: () => "here", pid: 1 },
    observer: {
      renewIdentity: () =>
        Promise.resolve(
          serverId === null
            ? unanswered("unreachable")
            : answered({ version: null, serverId, asOf: clock.now() }),
        ),
    },
  });
}

function reportOf(serverUrl: string, { now }: { readonly now: number }): ReturnType<
  typeof sampleReport
> {
  const identity = { version: null, serverId: "server-1", asOf: now - HOUR_MS };
  return sampleReport({ serverUrl, identity });
}

Deno.test("take() is not the holder if it was stopped until the claim's time was over", async () => {
  const store = new MemoryClaims();
  const report = reportOf("http://gpu:7801", { now: store.clock.now() });
  const claiming = claimingOn(store);
  store.meanwhile = () => store.clock.advance(HOUR_MS);
  const attempt = await claiming.take(report);
  assert("problem" in attempt);
  assertStringIncludes(attempt.problem.message, "its time was over");
  // The next attempt is as good as any.
  store.meanwhile = () => {};
  const again = await claiming.take(report);
  assert("claim" in again);
  assertEquals(again.claim.expiresAt, store.clock.now() + HOUR_MS);
});

Deno.test("take() by two names of a server that was restarted has one holder", async () => {
  const store = new MemoryClaims();
  const now = store.clock.now();
  // Both remember the server from before its restart, or one of them does.
  const first = claimingOn(store, "server-2");
  const second = claimingOn(store, "server-2");
  assert("claim" in await first.take(reportOf("http://127.0.0.1:7801", { now })));
  const report = sampleReport({
    serverUrl: "http://gpu:7801",
    identity: { version: null, serverId: "server-0", asOf: now - HOUR_MS },
  });
  assertEquals(await second.obstacle(report), null);
  const attempt = await second.take(report);
  assert("holder" in attempt);
  assertEquals(attempt.holder.serverUrl, "http://127.0.0.1:7801");
  assertEquals(store.held.length, 1);
  // From then on it needs to ask nobody: the claims alone show it.
  const { takes } = store;
  assert("holder" in (await second.obstacle(report) ?? {}));
  assertEquals(store.takes, takes);
});

Deno.test("take() gets the claim although the server does not say which one it is", async () => {
  const store = new MemoryClaims();
  const report = reportOf("http://gpu:7801", { now: store.clock.now() });
  assert("claim" in await claimingOn(store, null).take(report));
});

for (
  const [code, tries] of [["state_file", 4], ["not_permitted", 0], ["failed", 20]] as const
) {
  Deno.test(`obstacle() waits for claims that cannot be read (${code}) ${tries} times`, async () => {
    const store = new MemoryClaims();
    const report = reportOf("http://gpu:7801", { now: store.clock.now() });
    const claiming = claimingOn(store);
    store.unread = code;
    for (let count = 0; count < tries; count++) {
      assert("problem" in (await claiming.obstacle(report) ?? {}));
    }
    // What may pass is waited for as long as it takes.
    if (code === "failed") return;
    const error = await assertRejects(() => claiming.obstacle(report), AppError);
    assertEquals([error.code, error.message], [code, "Cannot read it"]);
  });
}

Deno.test("giveUp() gives back what was taken, until it is handed over", async () => {
  const store = new MemoryClaims();
  const report = reportOf("http://gpu:7801", { now: store.clock.now() });
  const claiming = claimingOn(store);
  await claiming.take(report);
  await claiming.giveUp();
  assertEquals(store.held, []);
  await claiming.take(report);
  claiming.handOver();
  await claiming.giveUp();
  assertEquals(store.held.length, 1);
});

for (const how of ["wait --claim nightly --once", "wait --claim nightly --timeout 1s"]) {
  Deno.test(`an attempt whose answer was lost holds nothing afterwards: ${how}`, async () => {
    let store: MemoryClaims | null = null;
    const bench = new WatchBench({
      adapters: { claims: () => Promise.resolve(store ?? new MemoryClaims()) },
    });
    store = new MemoryClaims(bench.clock);
    store.meanwhile = () => {
      throw new AppError("failed", "Cannot take a claim by Redis at x: no answer in 2 s");
    };
    const running = await bench.start(how);
    while (!running.hasEnded) await bench.clock.advance(1_000);
    assert(await running.ended !== 0);
    assert(store.takes > 0);
    assertEquals(store.held, []);
  });
}

Deno.test("a claim that nobody could be told is given back", async () => {
  let store: MemoryClaims | null = null;
  const bench = new WatchBench({
    adapters: { claims: () => Promise.resolve(store ?? new MemoryClaims()) },
  });
  store = new MemoryClaims(bench.clock);
  const running = await bench.start("wait --claim nightly --get wait.nothing");
  while (!running.hasEnded) await bench.clock.advance(1_000);
  assertEquals([await running.ended, store.takes > 0, store.held], [1, true, []]);
});
