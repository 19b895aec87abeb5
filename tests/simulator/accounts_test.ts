/** Logins, tokens and their limits (`swarmui-protocol.md §1.5, §20.8`). */
import { assertEquals, assertMatch } from "@std/assert";
import type { SimulatorOptions } from "../../src/simulator/simulator.ts";
import { type ApiAnswer, type Bench, bench } from "./client.ts";

const ACCOUNTS: SimulatorOptions = {
  accounts: [{ name: "alice", password: "wonderland" }, { name: "paula", password: "p4ss — wörd" }],
};
const TOKEN =
  /^swarm_token=(616c696365\.([0-9a-f]{32})\.[0-9a-f]{32}); expires=[^;]+ GMT; path=\/; samesite=lax; httponly$/;

async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function login(b: Bench, username: string, hashed: string): Promise<ApiAnswer> {
  return await b.call("Login", { username, password: await hashOf(`swarmclientpw:${hashed}`) });
}

/** Logs in, and says what the cookie holds. */
async function tokenOf(b: Bench): Promise<{ readonly id: string; readonly cookie: string }> {
  const { headers } = await login(b, "alice", "alice:wonderland");
  const [, token = "", id = ""] = TOKEN.exec(headers.get("set-cookie") ?? "") ?? [];
  return { id, cookie: `swarm_token=${token}` };
}

Deno.test("Login accepts a name in any case, and the hash of its lower case only", async () => {
  await using b = await bench(ACCOUNTS);
  const right = await login(b, "Alice", "alice:wonderland");
  assertEquals(right.body, { success: "true" });
  assertMatch(right.headers.get("set-cookie") ?? "", TOKEN);
  assertEquals((await login(b, "paula", "paula:p4ss — wörd")).body, { success: "true" });
  assertEquals((await login(b, "Alice", "Alice:wonderland")).body, { error_id: "invalid_login" });
  const upper = (await hashOf("swarmclientpw:alice:wonderland")).toUpperCase();
  assertEquals((await b.call("Login", { username: "alice", password: upper })).body, {
    error_id: "invalid_login",
  });
});

Deno.test("Login allows five tries a minute, successes too, and does not count the refused ones", async () => {
  await using b = await bench(ACCOUNTS);
  for (let tries = 0; tries < 7; tries++) {
    // Too short to be looked at.
    await b.call("Login", { username: "alice", password: "short" });
  }
  for (const name of ["alice", "alice", "alice", "nobody", "nobody"]) {
    await login(b, name, "alice:wonderland");
    await b.clock.advance(5_000);
  }
  await b.clock.advance(34_000);
  const refused = await login(b, "alice", "alice:wonderland");
  assertEquals([refused.status, refused.body], [200, { error_id: "ratelimit" }]);
  await b.clock.advance(1_000);
  assertEquals((await login(b, "alice", "alice:wonderland")).body, { success: "true" });
});

Deno.test("RevokeMyAuthToken ends a token, and Logout does not; sessions outlive both", async () => {
  await using b = await bench(ACCOUNTS);
  const { id, cookie } = await tokenOf(b);
  const session_id = await b.session({ cookie });
  const outsider = await b.call("Logout", { session_id });
  assertEquals(outsider.body, {
    error: "You do not appear to be actually logged in. How'd you get here?",
  });
  assertEquals((await b.call("Logout", { session_id }, { cookie })).body, { success: "true" });
  assertEquals((await b.call("GetNewSession", {}, { cookie })).body.user_id, "alice");
  const listed = await b.call("ListMyAuthTokens", { session_id }, { cookie });
  assertEquals(
    JSON.stringify(listed.body).includes(`"id":"${id}"`) &&
      JSON.stringify(listed.body).includes('"is_current":true'),
    true,
  );
  assertEquals((await b.call("RevokeMyAuthToken", { session_id, token_id: id })).body, {
    error: "Missing required parameter 'tokenId'",
  });
  assertEquals((await b.call("RevokeMyAuthToken", { session_id, tokenId: id })).body, {
    success: true,
  });
  assertEquals((await b.call("GetNewSession", {}, { cookie })).body, {
    error: "Invalid or unauthorized.",
  });
  assertEquals((await b.call("GetCurrentStatus", { session_id })).status, 200);
});

Deno.test("Login works on a server that requires none, where tokens are not managed", async () => {
  await using b = await bench({ ...ACCOUNTS, requiresLogin: false });
  assertEquals((await login(b, "alice", "alice:wonderland")).body, { success: "true" });
  const session_id = await b.session();
  const { body } = await b.call("RevokeMyAuthToken", { session_id, tokenId: "x" });
  assertEquals(body, { error: "Authorization is not enabled." });
  assertEquals((await b.call("Logout", { session_id })).body, {
    error: "Authorization is not enabled, you have no account to log out of.",
  });
});

Deno.test("allowsLocalhost makes every client local that does not come through a proxy", async () => {
  await using b = await bench({ ...ACCOUNTS, allowsLocalhost: true });
  const { cookie } = await tokenOf(b);
  const userOf = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
    (await b.call("GetNewSession", {}, headers)).body.user_id;
  assertEquals(await userOf({ cookie }), "local");
  assertEquals(await userOf({ cookie, "x-forwarded-for": "192.0.2.1" }), "alice");
  assertEquals(await userOf({ "x-forwarded-for": "192.0.2.1" }), undefined);
});
