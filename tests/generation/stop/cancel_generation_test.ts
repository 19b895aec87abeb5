import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  PermissionError,
  ServerError,
  ServerRefusedError,
  ServerUnreachableError,
} from "../../../src/errors.ts";
import { cancelGeneration } from "../../../src/generation/stop/cancel_generation.ts";
import type { Cancellation, CancelTarget } from "../../../src/generation/stop/cancel_generation.ts";
import type { Counters } from "../../../src/generation/server/counters.ts";
import type { GenerationRecord } from "../../../src/generation/generation.ts";
import type { ServerPart } from "../../../src/generation/server/watched_server.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { sampleRecord, sampleSession, SERVER_URL } from "../../support/sample_records.ts";

const QUIET: Counters = { waitingGens: 0, loadingModels: 0, waitingBackends: 0, liveGens: 0 };
const BUSY: Counters = { waitingGens: 4, loadingModels: 0, waitingBackends: 2, liveGens: 2 };

/** A server that works until it is interrupted, unless the test says otherwise. */
class FakeCancelServer implements ServerPart {
  counters: Counters | "gone" = BUSY;
  /** The counters after an interrupt. */
  interrupted: Counters | "gone" = QUIET;
  /** The error of the routes. */
  failures: { interrupt?: Error; counters?: Error } = {};
  interrupts = 0;
  onInterrupt: () => void = () => {};

  interrupt(): Promise<void> {
    if (this.failures.interrupt) return Promise.reject(this.failures.interrupt);
    this.interrupts++;
    this.counters = this.interrupted;
    this.onInterrupt();
    return Promise.resolve();
  }

  sessionCounters(): Promise<Counters | "gone"> {
    const { counters } = this.failures;
    return counters ? Promise.reject(counters) : Promise.resolve(this.counters);
  }
}

function target(
  changes: Partial<CancelTarget> = {},
  record: Partial<GenerationRecord> = {},
): CancelTarget {
  return {
    record: sampleRecord(record),
    session: sampleSession("a"),
    scopes: ["directory", "user"],
    owner: "alive",
    ...changes,
  };
}

const PENDING = target({ session: null }, { status: "pending" });
const STARTING = target({}, { status: "starting" });

interface Cancelled extends Cancellation {
  /** How often it reported that it waits. */
  readonly waits: number;
  readonly server: FakeCancelServer;
  /** The addresses whose server was requested. */
  readonly askedAt: readonly string[];
}

/** Cancels, and lets time pass until that has ended. */
async function cancel(options: {
  readonly server?: FakeCancelServer;
  readonly first?: CancelTarget;
  /** What each further look sees; the last one repeats. */
  readonly looks?: readonly (CancelTarget | null)[];
  /** Called after each sleep of 100 ms, with the time. */
  readonly meanwhile?: (nowMs: number) => void;
  readonly giveUp?: AbortController;
}): Promise<Cancelled> {
  const { server = new FakeCancelServer(), first = target(), looks = [first] } = options;
  const clock = new ManualClock();
  const left = [...looks];
  const askedAt: string[] = [];
  let waits = 0;
  let isOver = false;
  const cancelled = cancelGeneration(first, {
    serverOf: ({ serverUrl }) => {
      askedAt.push(serverUrl);
      return Promise.resolve(server);
    },
    look: () => Promise.resolve((left.length > 1 ? left.shift() : left[0]) ?? null),
    clock,
    giveUp: (options.giveUp ?? new AbortController()).signal,
    onWaiting: () => void waits++,
  }).finally(() => isOver = true);
  while (!isOver) {
    await clock.advance(100);
    options.meanwhile?.(clock.monotonicMs());
    assert(clock.monotonicMs() < 60_000, "it does not end");
  }
  return { ...await cancelled, waits, server, askedAt };
}

Deno.test("cancelGeneration() interrupts once, and reports the counters before and after", async () => {
  const { outcome, before, after, cause, waits, server, elapsedMs } = await cancel({});
  assertEquals(
    { outcome, before, after, cause, waits },
    { outcome: "stopped", before: BUSY, after: QUIET, cause: null, waits: 0 },
  );
  assertEquals(server.interrupts, 1);
  assert(elapsedMs < 3_000);
});

Deno.test("cancelGeneration() asks the server at the session's own address", async () => {
  const { askedAt } = await cancel({});
  assertEquals(new Set(askedAt), new Set([SERVER_URL]));
});

for (const counters of [QUIET, "gone"] as const) {
  Deno.test(`cancelGeneration() stops nothing where the counters are ${counters === "gone" ? "gone" : "zero"}`, async () => {
    const server = new FakeCancelServer();
    server.counters = counters;
    const { outcome, before, after } = await cancel({ server });
    assertEquals({ outcome, before, after }, { outcome: "was_over", before: QUIET, after: QUIET });
    assertEquals(server.interrupts, 0);
  });
}

Deno.test("cancelGeneration() waits for a pending generation until the server works on it", async () => {
  const server = new FakeCancelServer();
  server.counters = QUIET;
  const { outcome, before, waits } = await cancel({
    server,
    first: PENDING,
    looks: [PENDING, STARTING],
    meanwhile: (nowMs) => {
      // An interrupt at this moment would arrive before the request, and stop nothing.
      if (nowMs < 3_000) assertEquals(server.interrupts, 0);
      else if (server.interrupts === 0) server.counters = BUSY;
    },
  });
  assertEquals({ outcome, before, waits }, { outcome: "stopped", before: BUSY, waits: 1 });
  assertEquals(server.interrupts, 1);
});

for (const [name, first] of [["pending", PENDING], ["starting", STARTING]] as const) {
  Deno.test(`cancelGeneration() gives a ${name} generation up after 10 s`, async () => {
    const server = new FakeCancelServer();
    server.counters = QUIET;
    const { outcome, elapsedMs, waits } = await cancel({ server, first });
    assertEquals({ outcome, waits, interrupts: server.interrupts }, {
      outcome: "not_started",
      waits: 1,
      interrupts: 0,
    });
    assertEquals(elapsedMs, 10_000);
  });

  Deno.test(`cancelGeneration() sees that a ${name} generation has ended by itself`, async () => {
    const server = new FakeCancelServer();
    server.counters = QUIET;
    const { outcome } = await cancel({ server, first, looks: [first, null] });
    assertEquals(outcome, "was_over");
  });
}

Deno.test("cancelGeneration() does not wait for a pending generation whose process is gone", async () => {
  const { outcome, waits } = await cancel({ first: { ...PENDING, owner: "gone" } });
  assertEquals({ outcome, waits }, { outcome: "was_over", waits: 0 });
});

Deno.test("cancelGeneration() interrupts an orphan that was just starting until it is sure", async () => {
  const server = new FakeCancelServer();
  server.counters = QUIET;
  const { outcome } = await cancel({ server, first: { ...STARTING, owner: "gone" } });
  assertEquals(outcome, "was_over");
  assert(server.interrupts > 1);
});

Deno.test("cancelGeneration() also stops an orphan's request that arrives late", async () => {
  const server = new FakeCancelServer();
  server.counters = QUIET;
  let arrived = false;
  const { outcome, before, after } = await cancel({
    server,
    first: { ...STARTING, owner: "gone" },
    meanwhile: (nowMs) => {
      if (nowMs < 500 || arrived) return;
      arrived = true;
      // The next interrupt arrives before the request, the one after that does not.
      server.interrupted = BUSY;
      server.onInterrupt = () => server.interrupted = QUIET;
    },
  });
  assertEquals({ outcome, before, after }, { outcome: "stopped", before: BUSY, after: QUIET });
});

for (const scopes of [["directory"], ["directory", "user"]] as const) {
  Deno.test(`cancelGeneration() waits for the session of a record seen too early in ${scopes.join(" and ")}`, async () => {
    for (const status of ["pending", "starting"]) {
      const early = target({ session: null, scopes }, { status });
      const { outcome, elapsedMs, waits } = await cancel({ first: early, looks: [STARTING] });
      const isPublic = status === "pending" && scopes.length === 2;
      assertEquals([outcome, waits], ["stopped", isPublic ? 1 : 0]);
      assert(elapsedMs < 1_000);
    }
  });
}

Deno.test("cancelGeneration() waits for a session that comes late, however long it was pending", async () => {
  const early = target({ session: null }, { status: "starting" });
  const looks = [...new Array(20).fill(PENDING), early, STARTING];
  const { outcome, waits } = await cancel({ first: PENDING, looks });
  assertEquals([outcome, waits], ["stopped", 1]);
});

Deno.test("cancelGeneration() asks nobody without a session of this user", async () => {
  const server = new FakeCancelServer();
  server.failures = { counters: new Error("asked") };
  for (const status of ["pending", "generating"]) {
    const first = target({ session: null, scopes: ["directory"] }, { status });
    const { outcome, before, after, cause } = await cancel({ server, first });
    assertEquals({ outcome, before, after, cause }, {
      outcome: "no_session",
      before: null,
      after: null,
      cause: null,
    });
  }
  assertEquals((await cancel({ first: target({ session: null }) })).outcome, "no_session");
});

for (
  const refusal of [
    new ServerRefusedError("Cannot interrupt: no right"),
    new PermissionError("Cannot interrupt: no permission", "--allow-net"),
  ]
) {
  Deno.test(`cancelGeneration() takes a ${refusal.name} for final`, async () => {
    const server = new FakeCancelServer();
    server.failures = { interrupt: refusal };
    const { outcome, before, cause, elapsedMs } = await cancel({ server });
    assertEquals({ outcome, before, cause }, {
      outcome: "not_allowed",
      before: BUSY,
      cause: refusal,
    });
    assert(elapsedMs < 1_000);
    server.failures = { counters: refusal };
    assertEquals((await cancel({ server })).outcome, "not_allowed");
  });
}

Deno.test("cancelGeneration() asks for 10 s whether it stopped", async () => {
  const server = new FakeCancelServer();
  server.interrupted = { ...BUSY, waitingGens: 1 };
  const { outcome, before, after, elapsedMs } = await cancel({ server });
  assertEquals({ outcome, before }, { outcome: "still_running", before: BUSY });
  assertEquals(after?.waitingGens, 1);
  assert(elapsedMs >= 10_000 && elapsedMs < 11_000, `${elapsedMs}`);
  assertEquals(server.interrupts, 1);
});

Deno.test("cancelGeneration() ends at once when it is given up", async () => {
  const server = new FakeCancelServer();
  server.interrupted = BUSY;
  for (
    const [first, expected] of [[target(), "still_running"], [PENDING, "not_started"]] as const
  ) {
    const giveUp = new AbortController();
    const { outcome, elapsedMs } = await cancel({
      server,
      first,
      giveUp,
      meanwhile: (nowMs) => nowMs >= 1_000 && giveUp.abort(),
    });
    assertEquals(outcome, expected);
    assert(elapsedMs < 2_000, `${elapsedMs}`);
  }
});

Deno.test("cancelGeneration() reports a server that does not answer", async () => {
  const away = new ServerUnreachableError("Cannot ask: connection refused");
  const server = new FakeCancelServer();
  server.failures = { counters: away };
  const { outcome, before, cause } = await cancel({ server });
  assertEquals({ outcome, before, cause }, { outcome: "unreachable", before: null, cause: away });
});

Deno.test("cancelGeneration() reports a server that goes away after the interrupt", async () => {
  const server = new FakeCancelServer();
  server.interrupted = BUSY;
  const { outcome, before, elapsedMs, cause } = await cancel({
    server,
    meanwhile: () => {
      if (server.interrupts > 0) {
        server.failures = { counters: new ServerUnreachableError("Cannot ask: it went away") };
      }
    },
  });
  assertEquals({ outcome, before }, { outcome: "unreachable", before: BUSY });
  assertStringIncludes(String(cause), "it went away");
  assert(elapsedMs >= 10_000);
});

Deno.test("cancelGeneration() tries again, then reports the server's own error", async () => {
  const server = new FakeCancelServer();
  server.failures = { interrupt: new ServerError("Cannot interrupt: internal error") };
  const { outcome } = await cancel({
    server,
    meanwhile: (nowMs) => nowMs >= 2_000 && (server.failures = {}),
  });
  assertEquals(outcome, "stopped");
  const broken = new FakeCancelServer();
  broken.failures = { counters: new ServerError("Cannot ask: internal error") };
  assertEquals((await cancel({ server: broken })).outcome, "failed");
});
