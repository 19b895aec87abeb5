import { assert, assertEquals } from "@std/assert";
import { ServerSession } from "../../../src/generation/session.ts";
import { createServerDoor } from "../../../src/swarm/questions/server_door.ts";
import {
  deadUrl,
  html,
  json,
  RawServer,
  recorded,
  ScriptedServer,
  writeAll,
} from "../scripted_server.ts";
import { MemorySessionCache, optionsFor } from "../swarm_options.ts";

const DATE = "Fri, 10 Oct 2025 14:30:00 GMT";

/** An answer that says the time. */
function dated(response: Response, date: string): Response {
  const headers = new Headers(response.headers);
  headers.set("date", date);
  return new Response(response.body, { status: response.status, headers });
}

Deno.test("probe() makes no session, and reports the time and what answered", async () => {
  await using server = ScriptedServer.routes({
    GetCurrentStatus: () =>
      dated(json({ error_id: "basic_api", error: "missing session id" }, 400), DATE),
  });
  const door = createServerDoor(optionsFor(server.url, { authorization: "key", token: "tok" }));
  const before = Date.now();
  const probe = await door.probe();
  assert(probe !== null && probe.askedAtMs >= before && probe.roundTripMs > 0);
  assertEquals([probe.status, probe.mediaType], [400, "application/json"]);
  assertEquals(probe.serverMs, Date.UTC(2025, 9, 10, 14, 30));
  assertEquals(server.asked, ["GetCurrentStatus"]);
  assertEquals(server.requests[0]?.body, "{}");
  assertEquals(server.requests[0]?.headers.get("authorization"), "Bearer key");
  assertEquals(server.requests[0]?.headers.get("cookie"), "swarm_token=tok");
});

Deno.test("probe() believes no date that is none", async () => {
  for (const date of ["yesterday", "2025-10-10T14:30:00Z", "Fri, 99 Xyz 2025 14:30:00 GMT"]) {
    await using server = ScriptedServer.routes({ GetCurrentStatus: () => dated(html(""), date) });
    assertEquals((await createServerDoor(optionsFor(server.url)).probe())?.serverMs, null);
  }
});

Deno.test("probe() reports a header lock by its missing content type", async () => {
  await using server = ScriptedServer.routes({ GetCurrentStatus: () => recorded("headerLock") });
  const probe = await createServerDoor(optionsFor(server.url)).probe();
  assertEquals([probe?.status, probe?.mediaType], [401, null]);
});

Deno.test("probe() does not wait for a body, follow a redirect, or count a dead server", async () => {
  await using raw = new RawServer(async (conn) => {
    await writeAll(conn, "HTTP/1.1 302 Found\r\nlocation: /Error/BasicAPI\r\n");
    await writeAll(conn, "content-length: 9\r\n\r\nhalf");
  });
  assertEquals((await createServerDoor(optionsFor(raw.url)).probe())?.status, 302);
  assertEquals(await createServerDoor(optionsFor(deadUrl())).probe(), null);
  await using hanging: ScriptedServer = new ScriptedServer(() => hanging.hang());
  const short = optionsFor(hanging.url, { requestTimeoutMs: 20 });
  assertEquals(await createServerDoor(short).probe(), null);
});

Deno.test("probe() does not probe where Deno does not allow it", async () => {
  await using server = ScriptedServer.routes({});
  const netPermission = () => "--allow-net=x";
  assertEquals(await createServerDoor(optionsFor(server.url, { netPermission })).probe(), null);
  assertEquals(server.asked, []);
});

Deno.test("keptSession() reports the kept session without its id, and asks nobody", async () => {
  const url = "http://127.0.0.1:7801";
  const session = new ServerSession("secret", { serverUrl: url, createdAt: 5, userId: "bob" });
  const cache = new MemorySessionCache(session);
  const kept = await createServerDoor(optionsFor(url, { cache })).keptSession();
  assertEquals(kept, { createdAt: 5, userId: "bob" });
  assertEquals(await createServerDoor(optionsFor("http://far:1", { cache })).keptSession(), null);
  assertEquals(await createServerDoor(optionsFor(url)).keptSession(), null);
});
