import { assert, assertEquals } from "@std/assert";
import { ServerSession } from "../../../src/generation/session.ts";
import { createSwarmQuestions } from "../../../src/swarm/questions/swarm_questions.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { json, recorded, ScriptedServer, type SeenRequest } from "../scripted_server.ts";
import { MemorySessionCache, optionsFor, realClock } from "../swarm_options.ts";

const HOUR_MS = 3_600_000;

/** A server that makes the sessions `made1`, `made2` … and knows only those that `knows` says. */
function serverOf(knows: (id: string) => boolean): ScriptedServer {
  let made = 0;
  return new ScriptedServer(({ path, body }: SeenRequest) => {
    if (path === "/API/GetNewSession") {
      made += 1;
      return json({ session_id: `made${made}`, server_id: `server${made}`, version: "0.9.8.2" });
    }
    const { session_id: id } = JSON.parse(body);
    return knows(id) ? recorded("idleStatus") : recorded("invalidSession");
  });
}

function sessionsMade(server: ScriptedServer): number {
  return server.asked.filter((name) => name === "GetNewSession").length;
}

Deno.test("questions share one session that is made when first needed, and kept", async () => {
  await using server = serverOf(() => true);
  const cache = new MemorySessionCache();
  const questions = createSwarmQuestions(optionsFor(server.url, { cache, token: "hush" }));
  await Promise.all([1, 2, 3, 4].map(() => questions.globalCounters()));
  await questions.globalCounters();
  assertEquals([sessionsMade(server), cache.loads, cache.saved.length], [1, 1, 1]);
  const [{ key, session } = assertNever()] = cache.saved;
  assertEquals([session.reveal(), session.serverUrl], ["made1", server.url]);
  assertEquals(key.serverUrl, server.url);
  assert(/^[0-9a-f]{64}$/.test(key.credentialsHash));
  const identity = questions.identity();
  assertEquals([identity?.serverId, identity?.version], ["server1", "0.9.8.2"]);
});

Deno.test("questions use a kept session without asking for a new one", async () => {
  await using server = serverOf((id) => id === "kept");
  const kept = new ServerSession("kept", { serverUrl: server.url, createdAt: Date.now() });
  const questions = createSwarmQuestions(
    optionsFor(server.url, { cache: new MemorySessionCache(kept) }),
  );
  assert((await questions.globalCounters()).answered);
  assertEquals(server.asked, ["GetGlobalStatus"]);
  assertEquals(questions.identity()?.asOf, kept.createdAt);
});

Deno.test("questions do not use a kept session that is a day old or another server's", async () => {
  const clock = new ManualClock();
  for (
    const [ageMs, serverUrl, isUsed] of [
      [24 * HOUR_MS - 1, null, true],
      [24 * HOUR_MS, null, false],
      [-HOUR_MS, null, true],
      [-48 * HOUR_MS, null, false],
      [0, "http://127.0.0.1:2", false],
    ] as const
  ) {
    await using server = serverOf(() => true);
    const kept = new ServerSession("kept", {
      serverUrl: serverUrl ?? server.url,
      createdAt: clock.now() - ageMs,
    });
    const cache = new MemorySessionCache(kept);
    await createSwarmQuestions(optionsFor(server.url, { cache, clock })).globalCounters();
    assertEquals(sessionsMade(server), isUsed ? 0 : 1, `${ageMs} ${serverUrl}`);
    assert(server.requests.at(-1)?.body.includes(isUsed ? "kept" : "made1"));
  }
});

Deno.test("questions of a long-lived process take a new session after a day", async () => {
  await using server = serverOf(() => true);
  const clock = new ManualClock();
  const cache = new MemorySessionCache();
  const questions = createSwarmQuestions(optionsFor(server.url, { cache, clock }));
  await questions.globalCounters();
  await clock.advance(24 * HOUR_MS);
  await questions.globalCounters();
  assertEquals([sessionsMade(server), cache.saved.length], [2, 2]);
});

Deno.test("questions that lose their session share one new one and ask once more", async () => {
  await using server = serverOf((id) => id === "made1");
  const lost = new ServerSession("lost", { serverUrl: server.url, createdAt: Date.now() });
  const cache = new MemorySessionCache(lost);
  const questions = createSwarmQuestions(optionsFor(server.url, { cache }));
  const answers = await Promise.all([1, 2, 3, 4].map(() => questions.globalCounters()));
  assert(answers.every(({ answered }) => answered));
  assertEquals(sessionsMade(server), 1);
  assertEquals(server.asked.filter((name) => name === "GetGlobalStatus").length, 8);
  assertEquals(cache.saved.map(({ session }) => session.reveal()), ["made1"]);
});

Deno.test("a question that learns late that its session is lost uses the new one", async () => {
  const isRenewed = Promise.withResolvers<void>();
  await using server = ScriptedServer.routes({
    GetNewSession: () => json({ session_id: "made" }),
    GetGlobalStatus: ({ body }) => {
      if (body.includes("lost")) return recorded("invalidSession");
      isRenewed.resolve();
      return recorded("idleStatus");
    },
    ListBackends: async ({ body }) => {
      await isRenewed.promise;
      return recorded(body.includes("lost") ? "invalidSession" : "backends");
    },
  });
  const lost = new ServerSession("lost", { serverUrl: server.url, createdAt: Date.now() });
  const cache = new MemorySessionCache(lost);
  const questions = createSwarmQuestions(optionsFor(server.url, { cache }));
  const late = questions.backends();
  assert((await questions.globalCounters()).answered);
  assert((await late).answered);
  assertEquals([sessionsMade(server), cache.saved.length], [1, 1]);
});

Deno.test("a question gives up after one new session", async () => {
  await using server = serverOf(() => false);
  const answer = await createSwarmQuestions(optionsFor(server.url)).globalCounters();
  assert(!answer.answered);
  assertEquals(answer.reason, "server_error");
  assertEquals(
    server.asked,
    ["GetNewSession", "GetGlobalStatus", "GetNewSession", "GetGlobalStatus"],
  );
});

Deno.test("renewIdentity() makes a new session and keeps it", async () => {
  await using server = serverOf(() => true);
  const cache = new MemorySessionCache();
  const questions = createSwarmQuestions(optionsFor(server.url, { cache }));
  await questions.globalCounters();
  const renewed = await questions.renewIdentity();
  assert(renewed.answered);
  assertEquals(renewed.value.serverId, "server2");
  assertEquals(questions.identity(), renewed.value);
  assertEquals(cache.kept?.reveal(), "made2");
});

Deno.test("the times when backends went off are kept beside the session, also with a new session and for a day", async () => {
  await using server = serverOf((id) => id !== "kept");
  const clock = new ManualClock();
  const cache = new MemorySessionCache(
    new ServerSession("kept", { serverUrl: server.url, createdAt: clock.now() }),
  );
  cache.offSince = new Map([[1, 1_000]]);
  const questions = createSwarmQuestions(optionsFor(server.url, { cache, clock }));
  // The server was restarted: it does not know the session any more.
  assert((await questions.globalCounters()).answered);
  assertEquals([questions.offSince(), cache.offSince], [
    new Map([[1, 1_000]]),
    new Map([[1, 1_000]]),
  ]);
  assertEquals(await questions.keepOffSince(new Map([[2, 2_000]])), true);
  clock.setNow(clock.now() + 25 * HOUR_MS);
  const later = createSwarmQuestions(optionsFor(server.url, { cache, clock }));
  assert((await later.globalCounters()).answered);
  assertEquals(sessionsMade(server), 2);
  assertEquals([later.offSince(), cache.offSince], [new Map([[2, 2_000]]), new Map([[2, 2_000]])]);
});

Deno.test("the times when backends went off are not known if they cannot be kept", async () => {
  await using server = serverOf(() => true);
  const full = new MemorySessionCache();
  full.save = () => Promise.resolve(false);
  for (const cache of [null, full]) {
    const questions = createSwarmQuestions(optionsFor(server.url, { cache }));
    assert((await questions.globalCounters()).answered);
    assertEquals(await questions.keepOffSince(new Map([[1, 1_000]])), false);
    // Otherwise the second look of a process would know more than the first one.
    assertEquals(questions.offSince(), new Map());
  }
});

Deno.test("a refused session is asked for again by the next question", async () => {
  let isOpen = false;
  await using server = ScriptedServer.routes({
    GetNewSession: () => isOpen ? recorded("newSession") : recorded("loginWanted"),
    GetGlobalStatus: () => recorded("idleStatus"),
  });
  const questions = createSwarmQuestions(optionsFor(server.url));
  const refused = await questions.globalCounters();
  assert(!refused.answered);
  assertEquals(refused.reason, "refused");
  isOpen = true;
  assert((await questions.globalCounters()).answered);
});

Deno.test("a question and the session that it needs share one deadline", async () => {
  await using server: ScriptedServer = new ScriptedServer(() => server.hang());
  const questions = createSwarmQuestions(
    optionsFor(server.url, { requestTimeoutMs: 40, clock: realClock }),
  );
  const answers = await Promise.all([
    questions.globalCounters(),
    questions.backends(),
    questions.renewIdentity(),
  ]);
  for (const answer of answers) {
    assert(!answer.answered);
    assertEquals(answer.reason, "timeout");
  }
});

function assertNever(): never {
  throw new Error("nothing was saved");
}
