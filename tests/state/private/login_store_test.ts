import { assertEquals } from "@std/assert";
import { StoredLogin } from "../../../src/generation/server/account.ts";
import { createLoginStore } from "../../../src/state/private/login_store.ts";
import { NOW_MS, SERVER_URL } from "../../support/sample_records.ts";
import { tempDir } from "../../support/temp_dir.ts";

const hashOf = (token: string): Promise<string> => Promise.resolve(`hash of ${token}`);

function loginWith(token: string): StoredLogin {
  return new StoredLogin(token, { serverUrl: SERVER_URL, user: "alice", createdAt: NOW_MS });
}

Deno.test("replace() gives each of several logins at the same time another one to end", async () => {
  await using dir = await tempDir();
  const tokens = ["one", "two", "three", "four", "five"];
  const befores = await Promise.all(
    tokens.map((token) =>
      createLoginStore({ directory: dir.path }).replace(loginWith(token), hashOf)
    ),
  );
  const last = await createLoginStore({ directory: dir.path }).find(SERVER_URL);
  const ended = befores.map((login) => login?.reveal() ?? "none");
  assertEquals([...ended, last?.reveal()].toSorted(), [...tokens, "none"].toSorted());
});

Deno.test("forget() leaves a login that took the place of the one that is over", async () => {
  await using dir = await tempDir();
  const store = createLoginStore({ directory: dir.path });
  await store.replace(loginWith("one"), hashOf);
  const one = await store.find(SERVER_URL);
  await store.replace(loginWith("two"), hashOf);
  if (one !== null) await store.forget(one, hashOf);
  assertEquals((await store.find(SERVER_URL))?.reveal(), "two");
  await store.forget(loginWith("two"), hashOf);
  await store.forget(loginWith("two"), hashOf);
  assertEquals(await Array.fromAsync(Deno.readDir(`${dir.path}/logins`)), []);
});
