import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../src/errors.ts";
import { credentialHeaders, credentialsHash } from "../../../src/swarm/http/credentials.ts";

Deno.test("credentialHeaders() sends a key with a space as it is, else as a bearer", () => {
  assertEquals(credentialHeaders({ authorization: "Basic abc=", token: null }), {
    authorization: "Basic abc=",
  });
  assertEquals(credentialHeaders({ authorization: "abc123", token: "616c.0f.9a" }), {
    authorization: "Bearer abc123",
    cookie: "swarm_token=616c.0f.9a",
  });
  assertEquals(credentialHeaders({ authorization: null, token: null }), {});
});

Deno.test("credentialHeaders() refuses what would break out of a header, without showing it", () => {
  const bad = [
    "",
    " hush",
    "hush ",
    "hush\r\nX: 1",
    "hush\n",
    "hush\0",
    "hush\u00e9",
    "hush\u{1f4a5}",
  ];
  for (const authorization of bad) {
    const error = assertThrows(
      () => credentialHeaders({ authorization, token: null }),
      UsageError,
    );
    assert(!error.message.includes("hush"), JSON.stringify(authorization));
  }
  for (const token of [...bad, "hush; admin=1", "hush,x", 'hush"', "hush\\", "hu sh"]) {
    const error = assertThrows(() => credentialHeaders({ authorization: null, token }), UsageError);
    assert(!error.message.includes("hush"), JSON.stringify(token));
  }
});

Deno.test("credentialHeaders() refuses two credentials in one place, and adds a token to other cookies", () => {
  const withHeader = (name: string, value: string) => () =>
    credentialHeaders({ authorization: "key", token: "hush", headers: [{ name, value }] });
  assertThrows(
    withHeader("authorization", "hush"),
    UsageError,
    "Cannot use the API key and a header Authorization: give one of them",
  );
  for (const value of ["swarm_token=other", "a=b;swarm_token=other"]) {
    assertThrows(
      withHeader("Cookie", value),
      UsageError,
      "Cannot use the account token and a header Cookie with swarm_token: give one of them",
    );
  }
  const { cookie } = withHeader("Cookie", "gate=1; no_swarm_token=2")();
  assertEquals(cookie, "gate=1; no_swarm_token=2; swarm_token=hush");
});

Deno.test("credentialsHash() distinguishes logins and shows none", async () => {
  const hashes = await Promise.all([
    credentialsHash({ authorization: null, token: null }),
    credentialsHash({ authorization: "hush", token: null }),
    credentialsHash({ authorization: null, token: "hush" }),
    credentialsHash({ authorization: "hush", token: "hush" }),
  ]);
  assertEquals(new Set(hashes).size, 4);
  for (const hash of hashes) assert(/^[0-9a-f]{64}$/.test(hash), hash);
  assertEquals(hashes[1], await credentialsHash({ authorization: "hush", token: null }));
  assertNotEquals(hashes[1], hashes[2]);
});

Deno.test("credentialHeaders() adds further headers, and keeps cookies beside the token", () => {
  const headers = [{ name: "X-Team", value: "art" }, { name: "Cookie", value: "gate=1" }, {
    name: "__proto__",
    value: "x",
  }];
  assertEquals(
    Object.entries(credentialHeaders({ authorization: null, token: "616c.0f.9a", headers })),
    [["x-team", "art"], ["cookie", "gate=1; swarm_token=616c.0f.9a"], ["__proto__", "x"]],
  );
  assertThrows(
    () =>
      credentialHeaders({
        authorization: "key",
        token: null,
        headers: [{ name: "Authorization", value: "x" }],
      }),
    UsageError,
    "give one of them",
  );
});

Deno.test("credentialsHash() distinguishes headers, whatever their order and case", async () => {
  const none = { authorization: null, token: null };
  const [a, b] = [{ name: "X-User", value: "ada" }, { name: "X-Team", value: "art" }];
  const both = await credentialsHash({ ...none, headers: [a, b] });
  assertNotEquals(both, await credentialsHash({ ...none, headers: [a] }));
  assertNotEquals(both, await credentialsHash(none));
  assertEquals(
    both,
    await credentialsHash({ ...none, headers: [b, { name: "x-user", value: "ada" }] }),
  );
  assertEquals(await credentialsHash({ ...none, headers: [] }), await credentialsHash(none));
});
