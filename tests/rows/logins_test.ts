import { assertEquals } from "@std/assert";
import { assertRow, IDLE, lookFrom } from "../support/row.ts";
import { openStage } from "../support/stage.ts";
import { PLAIN, POWER, REFUSED } from "./unseen.ts";
Deno.test("status notices a granted or lost permission at once, with the same session", async () => {
  await using stage = await openStage();
  const here = lookFrom(stage);
  await assertRow(here, IDLE);
  stage.server.setPermissions("user");
  await assertRow(here, PLAIN);
  stage.server.setPermissions("poweruser");
  await assertRow(here, POWER);
  stage.server.setPermissions("owner");
  await assertRow(here, IDLE);
  assertEquals(stage.asked("GetNewSession"), 1);
});

Deno.test("status keeps a session for each login, with what that login may see", async () => {
  await using stage = await openStage({
    accounts: [{ name: "alice", role: "user" }, { name: "bob", role: "admin" }],
  });
  function lookAs(name: string): ReturnType<typeof lookFrom> {
    const token = stage.server.tokenOf(name) ?? "";
    return lookFrom(stage, { env: { ASSET_GENERATOR_TOKEN: token } });
  }
  for (const _round of [1, 2]) {
    await assertRow(lookAs("alice"), PLAIN);
    await assertRow(lookAs("bob"), IDLE);
  }
  assertEquals(stage.asked("GetNewSession"), 2);
  // Without a login nothing is reported, and no session of the others is used.
  await assertRow(lookFrom(stage), REFUSED);
});

Deno.test("status is unknown behind a header lock without the key", async () => {
  await using stage = await openStage({ requiredAuthorization: "Bearer sesame" });
  await assertRow(lookFrom(stage, { env: { ASSET_GENERATOR_API_KEY: "sesame" } }), IDLE);
  await assertRow(lookFrom(stage), REFUSED);
});
