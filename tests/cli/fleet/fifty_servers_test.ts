/** `status --all` of fifty servers, of which some hang, refuse the login, or are no SwarmUI. */
import { assert, assertEquals } from "@std/assert";
import { startSimulator } from "../../../src/simulator/simulator.ts";
import type { Simulator } from "../../../src/simulator/simulator.ts";
import { loadSchema, readBy } from "../../support/json_schema.ts";
import { runHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";

const isValid = await loadSchema("status_all.v1.json");

/** How many servers of each kind there are, and what is true of them. */
const KINDS = {
  idle: { count: 32, verdict: "idle", status: "online" },
  hanging: { count: 10, verdict: "unreachable", status: "offline" },
  refusing: { count: 5, verdict: "unknown", status: "refused" },
  other: { count: 3, verdict: "unreachable", status: "offline" },
} as const;

interface Row {
  readonly name: string;
  readonly verdict: string;
  readonly status: string;
}

Deno.test("status --all of fifty servers says what is true of each, and asks none more than alone", async () => {
  await using stage = await openStage();
  await using opened = new AsyncDisposableStack();
  const page = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("<html>It works</html>", { headers: { "content-type": "text/html" } }),
  );
  opened.defer(() => page.shutdown());
  const idle: Simulator[] = [];
  const lines: string[] = [];
  for (const [kind, { count }] of Object.entries(KINDS)) {
    for (let number = 0; number < count; number++) {
      let url = `http://127.0.0.1:${page.addr.port}`;
      if (kind !== "other") {
        const lock = kind === "refusing" ? { requiredAuthorization: "Bearer k" } : {};
        const server = opened.use(await startSimulator(lock));
        if (kind === "hanging") server.fault({ route: "*", kind: "hang", times: Infinity });
        if (kind === "idle") idle.push(server);
        url = server.url;
      }
      lines.push(`  ${kind}-${number}: { api-url: "${url}" }\n`);
    }
  }
  const config = `${stage.here}/config.yaml`;
  await Deno.writeTextFile(config, `servers:\n${lines.join("")}`);
  const { code, out, err } = await runHere([
    ...["status", "--all", "--format", "json", "--request-timeout", "2s", "--config", config],
  ], { stage, env: { ASSET_GENERATOR_API_URL: "" } });
  assertEquals(code, 0, err);
  const { servers } = readBy(isValid, out) as { readonly servers: readonly Row[] };
  const found = new Map<string, number>();
  for (const { name, verdict, status } of servers) {
    const row = `${name.split("-")[0]} ${verdict} ${status}`;
    found.set(row, (found.get(row) ?? 0) + 1);
  }
  assertEquals(
    Object.fromEntries(found),
    Object.fromEntries(
      Object.entries(KINDS).map(([kind, { count, verdict, status }]) => [
        `${kind} ${verdict} ${status}`,
        count,
      ]),
    ),
  );
  for (const { requests } of idle) assert(requests.length <= 7, `${requests.length}`);
});
