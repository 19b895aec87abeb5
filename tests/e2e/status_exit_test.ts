import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { SHIPPED_PERMISSIONS } from "../../tasks/shipped.ts";
import { openStage } from "../support/stage.ts";
import type { Stage } from "../support/stage.ts";
import { readStatus } from "../support/status_json.ts";
import { HAS_OWN_PERMISSIONS } from "../support/tested_program.ts";

const NO_NET = SHIPPED_PERMISSIONS.filter((flag) => !flag.startsWith("--allow-net"));

/** What `status` with further options reports by its exit code, its document and stderr. */
async function statusOf(stage: Stage, args: readonly string[] = [], about: {
  readonly permissions?: readonly string[];
} = {}): Promise<
  {
    readonly code: number;
    readonly reach: string;
    readonly error: string | null;
    readonly err: string;
  }
> {
  const { code, out, err } = await stage.run(["status", "--format", "json", ...args], about);
  const { status, error } = readStatus(out);
  if (error !== null) assertEquals(err, `Error: ${error.message}\n`);
  return { code, reach: status, error: error?.code ?? null, err };
}

/** An address at which nothing listens. */
function deadUrl(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return `http://127.0.0.1:${port}`;
}

Deno.test("status exits with 0 if the server answered", async () => {
  await using stage = await openStage();
  assertEquals(await statusOf(stage), { code: 0, reach: "online", error: null, err: "" });
});

Deno.test("status exits with 4 if the server requires a login, and with 0 if it gets one", async () => {
  await using stage = await openStage({
    accounts: [{ name: "ada", role: "owner", token: "t0ken" }],
  });
  const { err, ...refused } = await statusOf(stage);
  assertEquals(refused, { code: 4, reach: "refused", error: "refused" });
  assertMatch(
    err,
    /the server requires a login \(it says ".*"; log in with asset-generator login, or give an account's --token\)\n$/,
  );
  assertEquals((await statusOf(stage, ["--exit-code"])).code, 4);
  assertEquals((await statusOf(stage, ["--token", "t0ken"])).code, 0);
  const { out } = await stage.run(["status", "--format", "json"]);
  assertEquals(out.includes("t0ken"), false);
});

Deno.test("status exits with 4 at a header lock, and with 0 if it has the key", async () => {
  await using stage = await openStage({ requiredAuthorization: "Bearer k3y" });
  const { err, ...refused } = await statusOf(stage, ["--api-key", "wrong"]);
  assertEquals(refused, { code: 4, reach: "refused", error: "refused" });
  assertEquals(err.includes("wrong"), false);
  assertEquals((await statusOf(stage, ["--api-key", "k3y"])).code, 0);
  assertEquals((await statusOf(stage, ["--api-key", "Bearer k3y"])).code, 0);
});

Deno.test(
  "status exits with 4 if it may not ask the server",
  { ignore: HAS_OWN_PERMISSIONS },
  async () => {
    await using stage = await openStage();
    const { err, ...notAsked } = await statusOf(stage, [], { permissions: NO_NET });
    assertEquals(notAsked, { code: 4, reach: "not_asked", error: "not_permitted" });
    assertStringIncludes(err, `(add --allow-net=${new URL(stage.server.url).host})`);
  },
);

Deno.test("status exits with 5 if nobody answers, and still shows the records", async () => {
  await using stage = await openStage();
  await using generating = stage.generate();
  await stage.untilWorking(1);
  generating.process.kill("SIGKILL");
  await generating.end();
  await stage.server.stop({ isKilled: true });
  const { err, ...offline } = await statusOf(stage);
  assertEquals(offline, { code: 5, reach: "offline", error: "unreachable" });
  assertStringIncludes(err, `Error: Cannot reach ${stage.server.url}: `);
  assertMatch(await stage.statusText(), /\nUncertain Generations\n─+\n {2}Generation 1:\n/);
  const nobody = await statusOf(stage, ["--api-url", deadUrl()]);
  assertEquals([nobody.code, nobody.reach], [5, "offline"]);
});

Deno.test("status exits with 5 if a web page answers that is not SwarmUI", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("<html>hello</html>", { headers: { "content-type": "text/html" } }),
  );
  await using stage = await openStage();
  const { code, reach, err } = await statusOf(stage, [
    "--api-url",
    `http://127.0.0.1:${server.addr.port}`,
  ]);
  assertEquals([code, reach], [5, "offline"]);
  assertMatch(
    err,
    /: the answer is not SwarmUI's, but HTTP status 200 with text\/html \(give SwarmUI's own address with --api-url\)$/m,
  );
});

Deno.test("status exits with 5 if the server hangs longer than --request-timeout", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "*", kind: "hang", times: Infinity });
  const { code, reach, err } = await statusOf(stage, ["--request-timeout", "300ms"]);
  assertEquals([code, reach], [5, "offline"]);
  assertStringIncludes(err, "--request-timeout allows more time");
});

Deno.test("status --exit-code reports the verdict: 0 idle, 8 busy, 4 unknown, 5 unreachable", async () => {
  await using stage = await openStage();
  const flag = ["--exit-code"];
  assertEquals((await statusOf(stage, flag)).code, 0);
  await using generating = stage.generate();
  await stage.untilWorking(1);
  assertEquals((await statusOf(stage, flag)).code, 8);
  await stage.finish();
  assertEquals((await generating.end()).code, 0);
  stage.server.setPermissions(["view_backends_list"]);
  const unknown = await statusOf(stage, flag);
  assertEquals([unknown.code, unknown.reach, unknown.err], [4, "online", ""]);
  assertEquals((await statusOf(stage)).code, 0);
  assertEquals((await statusOf(stage, [...flag, "--api-url", deadUrl()])).code, 5);
});
