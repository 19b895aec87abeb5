/** What is said about a generation whose connection broke: only what is known. */
import { assert, assertEquals } from "@std/assert";
import { ServerRefusedError, ServerUnreachableError } from "../../../src/errors.ts";
import type { Counters } from "../../../src/generation/server/counters.ts";
import type { GenerationEvent, ImageServer } from "../../../src/generation/server/image_server.ts";
import { createMemoryStore } from "../../../src/generation/records/memory_store.ts";
import { runGeneration } from "../../../src/generation/run/run_generation.ts";
import type { GenerationResult } from "../../../src/generation/run/generation_result.ts";
import type { ServerSession } from "../../../src/generation/session.ts";
import { trackGeneration } from "../../../src/generation/records/tracker.ts";
import { FakeImageServer } from "../../support/fake_image_server.ts";
import { FakeOwnerLocks } from "../../support/fake_owner_locks.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { QUIET, work } from "../../support/sample_answers.ts";
import { SERVER_URL, sessionOfRun } from "../../support/sample_records.ts";

const CUT = new ServerUnreachableError("Cannot follow the generation: the connection ended");
const AWAY = new ServerUnreachableError("Cannot ask: connection refused");
const WORKS = work(1);

/** A server that accepts a request and then fails, or sends nothing more. */
class BrokenServer extends FakeImageServer {
  /** How the connection ends; `null`: it does not. */
  cut: Error | null = CUT;
  /** The server's present run; `null`: it does not answer. */
  present: string | null = "first";
  /** The counters, one after another; the last ones repeat. */
  told: (Counters | "gone" | Error)[] = [QUIET];
  sessionsMade = 0;

  override async *generate(
    ...[_session, _request, { signal }]: Parameters<ImageServer["generate"]>
  ): AsyncGenerator<GenerationEvent, void, void> {
    yield { kind: "sent", transport: "websocket" };
    yield { kind: "accepted" };
    yield { kind: "status", counters: WORKS };
    if (this.cut !== null) throw this.cut;
    signal.throwIfAborted();
    await new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }

  override sessionCounters(): Promise<Counters | "gone"> {
    const told = (this.told.length > 1 ? this.told.shift() : this.told[0]) ?? QUIET;
    return told instanceof Error ? Promise.reject(told) : Promise.resolve(told);
  }

  override newSession(): Promise<ServerSession> {
    this.sessionsMade++;
    return this.present === null
      ? Promise.reject(AWAY)
      : Promise.resolve(sessionOfRun(this.present));
  }
}

/** Runs a generation of the server's run `first` to its end; `null`: the run is not known. */
async function run(
  server: BrokenServer,
  options: { readonly serverId?: string | null; readonly stopped?: boolean } = {},
): Promise<GenerationResult> {
  const { serverId = "first", stopped = false } = options;
  const clock = new ManualClock();
  const session = sessionOfRun(serverId);
  const store = createMemoryStore({ clock });
  const tracked = await trackGeneration({ serverUrl: SERVER_URL, imagesTotal: 1 }, {
    stores: [store],
    locks: new FakeOwnerLocks(),
    ends: null,
    clock,
    host: null,
    pid: 1,
    warn: () => {},
  });
  await tracked.starting(session);
  const stop = new AbortController();
  let isOver = false;
  const ended = runGeneration({ prompt: "a cat", model: "tiny", images: 1 }, {
    server,
    session,
    tracked,
    transport: "auto",
    clock,
    stop: stop.signal,
    leave: new AbortController().signal,
    onUpdate: ({ counters }) => {
      if (stopped && counters !== null) stop.abort("interrupted");
    },
  }).finally(() => isOver = true);
  while (!isOver) {
    await clock.advance(100);
    assert(clock.monotonicMs() < 300_000, "it does not end");
  }
  return await ended;
}

/** The server of the session, the server that answers now, and what may be said about its work. */
const RUNS: readonly (readonly [string | null, string | null, boolean | null])[] = [
  ["first", "first", false],
  ["first", "second", null],
  ["first", null, null],
  [null, "first", null],
];

for (const [serverId, present, serverMayWork] of RUNS) {
  Deno.test(`runGeneration() after a cut says ${serverMayWork} of a server that was ${serverId} and is ${present}`, async () => {
    const server = new BrokenServer();
    server.present = present;
    const result = await run(server, { serverId });
    assertEquals([result.state, result.serverMayWork], ["failed", serverMayWork]);
  });
}

Deno.test("runGeneration() does not conclude from a missing session that the work is over", async () => {
  const server = new BrokenServer();
  server.told = ["gone"];
  server.present = "second";
  assertEquals((await run(server)).serverMayWork, null);
});

Deno.test("runGeneration() makes no further session if the server itself refused", async () => {
  const server = new BrokenServer();
  server.cut = new ServerRefusedError("Cannot generate: you may not");
  assertEquals([(await run(server)).serverMayWork, server.sessionsMade], [false, 0]);
});

Deno.test("runGeneration() does not call work stopped if a restart made its counters zero", async () => {
  const server = new BrokenServer();
  server.cut = null;
  server.told = [WORKS, AWAY, QUIET];
  server.present = "second";
  const result = await run(server, { stopped: true });
  assertEquals([result.state, result.serverMayWork], ["interrupted", null]);
});

Deno.test("runGeneration() stops work without asking who the server is", async () => {
  const server = new BrokenServer();
  server.cut = null;
  server.told = [WORKS, QUIET];
  const result = await run(server, { stopped: true });
  assertEquals([result.state, result.serverMayWork], ["interrupted", false]);
  assertEquals(server.sessionsMade, 0);
});

Deno.test("runGeneration() says that the server accepted the interrupt but still counts the work", async () => {
  const server = new BrokenServer();
  server.cut = null;
  server.told = [WORKS];
  const held = await run(server, { stopped: true });
  assertEquals([held.state, held.serverMayWork, held.isHeld], ["interrupted", true, true]);
  server.told = [AWAY];
  const away = await run(server, { stopped: true });
  assertEquals([away.state, away.serverMayWork, away.isHeld], ["interrupted", true, false]);
});
