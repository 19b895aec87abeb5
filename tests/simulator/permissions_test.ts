/** Who may do what, and how old servers refuse (`swarmui-protocol.md §0, §2.3`). */
import { assertEquals } from "@std/assert";
import { type Role, ROLES } from "../../src/simulator/simulator.ts";
import { fetchHere } from "../support/http_clients.ts";
import { bench } from "./client.ts";

const RIGHTS: readonly (readonly [route: string, weakest: Role])[] = [
  ["GetCurrentStatus", "guest"],
  ["ListLoadedModels", "guest"],
  ["InterruptAll", "user"],
  ["ListBackends", "poweruser"],
  ["GetGlobalStatus", "admin"],
  ["ListConnectedUsers", "admin"],
  ["GetServerResourceInfo", "admin"],
];

for (const role of ROLES) {
  Deno.test(`startSimulator() lets the role ${role} do what SwarmUI lets it do`, async () => {
    await using b = await bench({ role });
    const session_id = await b.session();
    for (const [route, weakest] of RIGHTS) {
      const isAllowed = ROLES.indexOf(role) >= ROLES.indexOf(weakest);
      const { status } = await b.call(route, { session_id });
      assertEquals(status, isAllowed ? 200 : 400, route);
    }
    const direct = await fetchHere(`${b.simulator.url}/ComfyBackendDirect/prompt`);
    await direct.body?.cancel();
    assertEquals(direct.status, ROLES.indexOf(role) >= ROLES.indexOf("poweruser") ? 200 : 401);
  });
}

Deno.test("setPermissions() takes effect at once, also for open sessions", async () => {
  await using b = await bench();
  const session_id = await b.session();
  b.simulator.setPermissions(["fundamental_generate_tab_access"]);
  assertEquals((await b.call("GetGlobalStatus", { session_id })).body, {
    error_id: "bad_permissions",
    error: "You lack permissions for this route.",
  });
  b.simulator.setPermissions("admin");
  assertEquals((await b.call("GetGlobalStatus", { session_id })).status, 200);
});

Deno.test("GenerateText2Image requires the permission of a parameter", async () => {
  await using b = await bench({ permissions: ["basic_image_generation"] });
  const running = await b.begin({ session_id: await b.session() });
  assertEquals((await running.answer).body, {
    error: "You do not have permission to use parameter Model.",
  });
});

Deno.test("a server before 2025-12-25 redirects where today's says 400", async () => {
  await using b = await bench({ redirectsErrors: true, permissions: ["basic_image_generation"] });
  const session_id = await b.session();
  const location = async (
    route: string,
    body: { readonly session_id?: string },
  ): Promise<string> => {
    const { status, headers } = await b.call(route, body);
    return `${status} ${headers.get("location")}`;
  };
  assertEquals(await location("GetGlobalStatus", { session_id }), "302 /Error/Permissions");
  assertEquals(await location("NoSuchRoute", { session_id }), "302 /Error/404");
  assertEquals(await location("GetCurrentStatus", {}), "302 /Error/BasicAPI");
  assertEquals(await location("GetCurrentStatus", { session_id: "x" }), "401 null");
  const page = await fetchHere(`${b.simulator.url}/Error/Permissions`);
  assertEquals([page.status, page.headers.get("content-type")], [200, "text/html; charset=utf-8"]);
  await page.body?.cancel();
});

Deno.test("a server before 2025-09-02 does not know GetGlobalStatus", async () => {
  await using b = await bench({ hasGlobalStatus: false });
  const session_id = await b.session();
  const { status, body } = await b.call("GetGlobalStatus", { session_id });
  assertEquals([status, body.error_id], [400, "bad_route"]);
  await using old = await bench({ hasGlobalStatus: false, redirectsErrors: true });
  const answer = await old.call("GetGlobalStatus", { session_id: await old.session() });
  assertEquals(answer.headers.get("location"), "/Error/404");
});
