import { assertEquals } from "@std/assert";
import type { SessionCache, SessionEntry } from "../../../src/generation/session.ts";
import { ServerSession } from "../../../src/generation/session.ts";
import { createSessionCache } from "../../../src/state/private/session_cache.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { CACHE_KEY, NOW_MS, sampleSession, SERVER_URL } from "../../support/sample_records.ts";
import { namesIn, tempDir } from "../../support/temp_dir.ts";

/** A session, and the time since when a backend is off. */
function entryOf(session: ServerSession): SessionEntry {
  return { session, offSince: new Map([[7, NOW_MS]]) };
}

function cacheIn(directory: string): SessionCache {
  return createSessionCache({ directory, clock: new ManualClock(NOW_MS) });
}

async function onlyFileIn(path: string): Promise<string> {
  const [name] = await namesIn(path);
  return `${path}/${name}`;
}

Deno.test("createSessionCache() gives back a session with all that is known of it", async () => {
  await using dir = await tempDir();
  const cache = cacheIn(dir.path);
  assertEquals(await cache.load(CACHE_KEY), null);
  const session = new ServerSession("secret-one", {
    serverUrl: SERVER_URL,
    createdAt: NOW_MS,
    userId: "local",
    version: "0.9.8.2",
    serverId: "058716b5",
  });
  await cache.save(CACHE_KEY, entryOf(sampleSession("old")));
  await cache.save(CACHE_KEY, entryOf(session));
  const loaded = await cacheIn(dir.path).load(CACHE_KEY);
  assertEquals(loaded, entryOf(session));
  assertEquals(loaded?.session.reveal(), "secret-one");
});

Deno.test("createSessionCache() never mixes servers or logins", async () => {
  await using dir = await tempDir();
  const cache = cacheIn(dir.path);
  await cache.save(CACHE_KEY, entryOf(sampleSession("one")));
  const otherLogin = { ...CACHE_KEY, credentialsHash: "fedcba" };
  // The same file name as CACHE_KEY's: what is inside decides.
  const sameName = {
    ...CACHE_KEY,
    credentialsHash: `${CACHE_KEY.credentialsHash.slice(0, 16)}ffff`,
  };
  const otherServer = { ...CACHE_KEY, serverUrl: "http://127.0.0.1:7802" };
  const alike = { ...CACHE_KEY, serverUrl: "http_127.0.0.1_7801" };
  for (const key of [otherLogin, sameName, otherServer, alike]) {
    assertEquals(await cache.load(key), null);
  }
  await cache.save(otherLogin, entryOf(sampleSession("two")));
  assertEquals((await cache.load(CACHE_KEY))?.session.reveal(), "secret-one");
  assertEquals((await cache.load(otherLogin))?.session.reveal(), "secret-two");
});

Deno.test({
  name: "createSessionCache() closes its directory and files to others",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using dir = await tempDir();
    await cacheIn(dir.join("state")).save(CACHE_KEY, entryOf(sampleSession("one")));
    const paths = [dir.join("state"), dir.join("state", "sessions")];
    paths.push(await onlyFileIn(dir.join("state", "sessions")));
    const modes = paths.map((path) => (Deno.statSync(path).mode ?? 0) & 0o777);
    assertEquals(modes, [0o700, 0o700, 0o600]);
  },
});

Deno.test("load() treats a file that it cannot understand as no session", async () => {
  await using dir = await tempDir();
  const cache = cacheIn(dir.path);
  await cache.save(CACHE_KEY, entryOf(sampleSession("one")));
  const path = await onlyFileIn(dir.join("sessions"));
  const good = JSON.parse(await Deno.readTextFile(path));
  const { session } = good;
  const texts = ["", "{", "[]", "null", "{}", '{"session":7}'];
  for (
    const bad of [{ session_id: 7 }, { session_id: "" }, { server_url: null }, { created_at: 1 }]
  ) {
    texts.push(JSON.stringify({ ...good, session: { ...session, ...bad } }));
  }
  for (const text of texts) {
    await Deno.writeTextFile(path, text);
    assertEquals(await cache.load(CACHE_KEY), null, text);
  }
  await Deno.writeTextFile(path, JSON.stringify(good));
  assertEquals((await cache.load(CACHE_KEY))?.session.reveal(), "secret-one");
});

Deno.test("save() fails silently where nothing can be kept", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("file"), "");
  const cache = cacheIn(dir.join("file"));
  await cache.save(CACHE_KEY, entryOf(sampleSession("one")));
  assertEquals(await cache.load(CACHE_KEY), null);
});

Deno.test("save() sweeps sessions that were not used for two months", async () => {
  await using dir = await tempDir();
  const cache = cacheIn(dir.path);
  await cache.save(CACHE_KEY, entryOf(sampleSession("one")));
  const time = new Date(NOW_MS - 61 * 24 * 60 * 60 * 1000);
  await Deno.utime(await onlyFileIn(dir.join("sessions")), time, time);
  await cache.save({ ...CACHE_KEY, credentialsHash: "fedcba" }, entryOf(sampleSession("two")));
  assertEquals(await cache.load(CACHE_KEY), null);
});

Deno.test({
  name: "createSessionCache() is empty and keeps nothing without permissions",
  permissions: {},
  fn: async () => {
    const cache = cacheIn("/state");
    await cache.save(CACHE_KEY, entryOf(sampleSession("one")));
    assertEquals(await cache.load(CACHE_KEY), null);
  },
});
