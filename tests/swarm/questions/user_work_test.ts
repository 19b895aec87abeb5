import { assertEquals, assertRejects } from "@std/assert";
import {
  PermissionError,
  ServerRefusedError,
  ServerUnreachableError,
} from "../../../src/errors.ts";
import { ServerSession } from "../../../src/generation/session.ts";
import { createUserWork } from "../../../src/swarm/questions/user_work.ts";
import { deadUrl, json, ScriptedServer } from "../scripted_server.ts";
import { MemorySessionCache, optionsFor } from "../swarm_options.ts";

const STATUS = { waiting_gens: 5, loading_models: 1, waiting_backends: 0, live_gens: 2 };
const ALL = { waitingGens: 5, loadingModels: 1, waitingBackends: 0, liveGens: 2 };
const ME = { id: "me", waiting_gens: 3, loading_models: 0, waiting_backends: 1, live_gens: 2 };
const MINE = { waitingGens: 3, loadingModels: 0, waitingBackends: 1, liveGens: 2 };
const REFUSAL = { error_id: "bad_permissions", error: "You lack permissions for this route." };
const newSession = () => json({ session_id: "s1", user_id: "me" });

Deno.test("count() distinguishes the user's own work from everybody's", async () => {
  await using server = ScriptedServer.routes({
    GetNewSession: newSession,
    ListConnectedUsers: () => json({ users: [{ ...ME, id: "other", waiting_gens: 2 }, ME] }),
    GetGlobalStatus: () => json({ status: STATUS }),
  });
  const work = createUserWork(optionsFor(`${server.url}/`));
  assertEquals(work.url, server.url);
  assertEquals(await work.count(), { user: "me", own: MINE, all: ALL });
});

Deno.test("count() uses the kept session", async () => {
  await using server = ScriptedServer.routes({
    ListConnectedUsers: () => json({ users: [ME] }),
    GetGlobalStatus: () => json({ status: STATUS }),
  });
  const kept = new ServerSession("kept", {
    serverUrl: server.url,
    createdAt: Date.now(),
    userId: "me",
  });
  const work = createUserWork(optionsFor(server.url, { cache: new MemorySessionCache(kept) }));
  assertEquals((await work.count()).own, MINE);
  assertEquals(server.requests.map(({ body }) => body), [
    '{"session_id":"kept"}',
    '{"session_id":"kept"}',
  ]);
});

Deno.test("count() knows nothing of its own on a server that does not count by user", async () => {
  await using server = ScriptedServer.routes({
    GetNewSession: newSession,
    ListConnectedUsers: () => json({ users: [{ id: "me", last_active: "now" }] }),
    GetGlobalStatus: () => json({ status: STATUS }),
  });
  const work = createUserWork(optionsFor(server.url));
  assertEquals(await work.count(), { user: "me", own: null, all: ALL });
});

Deno.test("count() without the permission knows only whose work it is", async () => {
  await using server = ScriptedServer.routes({
    GetNewSession: newSession,
    ListConnectedUsers: () => json(REFUSAL, 400),
    GetGlobalStatus: () => json(REFUSAL, 400),
  });
  const work = createUserWork(optionsFor(server.url));
  assertEquals(await work.count(), { user: "me", own: null, all: null });
});

Deno.test("count() fails where the server cannot be asked at all", async () => {
  await assertRejects(
    () => createUserWork(optionsFor(deadUrl())).count(),
    ServerUnreachableError,
    "Cannot count the work on http://127.0.0.1:",
  );
  const closed = optionsFor("http://127.0.0.1:9", { netPermission: () => "--allow-net=x:1" });
  await assertRejects(() => createUserWork(closed).count(), PermissionError, "--allow-net=x:1");
  await using locked = ScriptedServer.routes({
    GetNewSession: () => json({ error: "Invalid or unauthorized." }),
  });
  await assertRejects(() => createUserWork(optionsFor(locked.url)).count(), ServerRefusedError);
});

Deno.test("interruptAll() interrupts all sessions of the user", async () => {
  await using server = ScriptedServer.routes({
    GetNewSession: newSession,
    InterruptAll: () => json({ success: true }),
  });
  await createUserWork(optionsFor(server.url)).interruptAll();
  assertEquals(server.requests.at(-1)?.body, '{"session_id":"s1","other_sessions":true}');
});

Deno.test("interruptAll() asks again with a new session if the server lost the kept one", async () => {
  const sessions = ["lost", "new"];
  await using server = ScriptedServer.routes({
    GetNewSession: () => json({ session_id: sessions.shift() }),
    InterruptAll: ({ body }) =>
      body.includes("lost")
        ? json({ error: "Invalid session ID.", error_id: "invalid_session_id" }, 401)
        : json({ success: true }),
  });
  await createUserWork(optionsFor(server.url)).interruptAll();
  assertEquals(server.asked, ["GetNewSession", "InterruptAll", "GetNewSession", "InterruptAll"]);
});

Deno.test("interruptAll() reports a refusal, and an answer that is none", async () => {
  await using refusing = ScriptedServer.routes({
    GetNewSession: newSession,
    InterruptAll: () => json(REFUSAL, 400),
  });
  await assertRejects(
    () => createUserWork(optionsFor(refusing.url)).interruptAll(),
    ServerRefusedError,
    "it needs the permission basic_image_generation",
  );
  await using odd = ScriptedServer.routes({
    GetNewSession: newSession,
    InterruptAll: () => json({ success: false }),
  });
  await assertRejects(
    () => createUserWork(optionsFor(odd.url)).interruptAll(),
    ServerUnreachableError,
    "Cannot stop the work on",
  );
});
