/** `status --all`: the report on several servers, some of which do not answer. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { startSimulator } from "../../../src/simulator/simulator.ts";
import { loadSchema, readBy } from "../../support/json_schema.ts";
import { otherClient } from "../../support/other_client.ts";
import { SystemClock } from "../../../src/system/system_clock.ts";
import type { CliResult } from "../../support/cli_process.ts";
import { runHere, trackHere } from "../../support/program_here.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";

const isValid = await loadSchema("status_all.v1.json");

/** Runs the program with a configuration file, and no address in the environment. */
async function runWith(stage: Stage, config: string, args: readonly string[], env = {}): Promise<
  CliResult
> {
  await Deno.writeTextFile(`${stage.here}/config.yaml`, config);
  return await runHere([...args, "--config", `${stage.here}/config.yaml`], {
    stage,
    env: { ASSET_GENERATOR_API_URL: "", ...env },
  });
}

/** The file's servers, with their addresses. */
function serversText(servers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(servers).map(([name, url]) => `  ${name}: { api-url: "${url}" }\n`);
  return `servers:\n${lines.join("")}`;
}

function read(result: CliResult): {
  readonly verdict: string;
  readonly servers: readonly {
    readonly name: string;
    readonly part_of: string | null;
    readonly verdict: string;
    readonly error: { readonly code: string } | null;
  }[];
  readonly error: { readonly code: string } | null;
} {
  return readBy(isValid, result.out) as ReturnType<typeof read>;
}

/** Jumps nearly as far as a time-out when a server has been asked the first question. */
class LateClock extends SystemClock {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    super();
    this.#stage = stage;
  }

  override monotonicMs(): number {
    const isAsked = this.#stage.asked("GetGlobalStatus") > 0;
    return super.monotonicMs() + (isAsked ? 598_000 : 0);
  }
}

Deno.test("status --all gives a server that hangs on a later question no second time-out", async () => {
  await using stage = await openStage();
  stage.server.fault({ kind: "hang", route: "ComfyBackendDirect", times: Infinity });
  const config = serversText({ hanging: stage.server.url });
  await Deno.writeTextFile(`${stage.here}/config.yaml`, config);
  const args = ["status", "--all", "--config", `${stage.here}/config.yaml`, "--format", "json"];
  const result = await runHere([...args, "--request-timeout", "10m"], {
    stage,
    env: { ASSET_GENERATOR_API_URL: "" },
    clock: new LateClock(stage),
  });
  assertEquals(read(result).servers.map(({ verdict }) => verdict), ["unknown"]);
});

Deno.test("status --all reports each server, in rows and as a document", async () => {
  await using stage = await openStage();
  await using gpu2 = await startSimulator();
  const config = serversText({
    studio: stage.server.url,
    gpu2: gpu2.url,
    "studio-again": stage.server.url.replace("127.0.0.1", "localhost"),
    gone: "http://127.0.0.1:1",
  });
  const other = await otherClient(stage.server.url);
  await using _work = other.generate(2);
  await stage.untilWorking(2);
  const text = await runWith(stage, config, ["status", "--all"]);
  assertEquals([text.code, text.err], [0, ""]);
  assertEquals(
    text.out,
    `Busy: 1 of 3 servers

SERVER          VERDICT      RUNNING  QUEUED  REMAINING  MODEL
studio          busy         1        1                  tiny.safetensors
  studio-again  busy         1        1                  tiny.safetensors
gpu2            idle         0        0
gone            unreachable

gone: Unreachable: http://127.0.0.1:1: Deno, like browsers, never connects to port 1
A server below another is its backend, or the same: its work is the other's work too.
`,
  );
  const json = await runWith(stage, config, ["status", "--all", "--format", "json"]);
  const { verdict, servers, error } = read(json);
  assertEquals([json.code, verdict, error], [0, "busy", null]);
  assertEquals(
    servers.map(({ name, part_of, verdict, error }) => [name, part_of, verdict, error?.code]),
    [
      ["studio", null, "busy", undefined],
      ["studio-again", "studio", "busy", undefined],
      ["gpu2", null, "idle", undefined],
      ["gone", null, "unreachable", "unreachable"],
    ],
  );
  const quiet = await runWith(stage, config, ["status", "--all", "--quiet", "--exit-code"]);
  assertEquals([quiet.code, quiet.out], [8, ""]);
  const got = await runWith(stage, config, ["status", "--all", "--get", "servers[].verdict"]);
  assertEquals(got.out, "busy\nbusy\nidle\nunreachable\n");
});

Deno.test("status --all waits for a server that hangs no longer than for one question", async () => {
  await using stage = await openStage();
  await using hanging = await startSimulator();
  await using locked = await startSimulator({ requiredAuthorization: "Bearer k" });
  hanging.fault({ route: "*", kind: "hang", times: Infinity });
  const config = serversText({ hangs: hanging.url, locked: locked.url, studio: stage.server.url });
  const result = await runWith(stage, config, [
    ...["status", "--all", "--format", "json", "--request-timeout", "400ms", "--exit-code"],
  ]);
  const { verdict, servers } = read(result);
  assertEquals([result.code, verdict], [4, "unknown"]);
  assertEquals(servers.map(({ name, verdict, error }) => [name, verdict, error?.code]), [
    ["hangs", "unreachable", "unreachable"],
    ["locked", "unknown", "refused"],
    ["studio", "idle", undefined],
  ]);
});

Deno.test("status --all fails if no server answers, and says why for each", async () => {
  await using stage = await openStage();
  const config = serversText({ a: "http://127.0.0.1:1", b: "http://127.0.0.1:2" });
  const { code, out, err } = await runWith(stage, config, ["status", "--all"]);
  assertEquals([code, err], [
    5,
    "Error: Cannot get the status of any of the 2 servers (the reasons are above)\n",
  ]);
  assert(out.startsWith("Unreachable: 2 of 2 servers\n"), out);
});

Deno.test("status --all sends a credential to no server but its own", async () => {
  await using stage = await openStage();
  await using gpu2 = await startSimulator();
  const config = `servers:
  studio: { api-url: "${stage.server.url}" }
  gpu2: { api-url: "${gpu2.url}", token: lovelace-1843 }
`;
  const cookies = (server: typeof gpu2): readonly (string | undefined)[] => [
    ...new Set(server.requests.map(({ headers }) => headers["cookie"])),
  ];
  // The environment does not say which server this token belongs to.
  await runWith(stage, config, ["status", "--all"], { ASSET_GENERATOR_TOKEN: "babbage-1822" });
  assertEquals([cookies(stage.server), cookies(gpu2)], [
    [undefined],
    ["swarm_token=lovelace-1843"],
  ]);
});

Deno.test("status --all says what it cannot be used with, and where servers are named", async () => {
  await using stage = await openStage();
  const config = serversText({ studio: stage.server.url });
  for (
    const [text, args, told] of [
      [config, ["--api-url", "http://127.0.0.1:1"], "Cannot use --api-url with --all"],
      [config, ["--server", "studio"], "Cannot use --server with --all"],
      [config, ["--token", "x"], "Cannot use --token with --all"],
      [config, ["--watch", "--exit-code"], "Cannot use --watch with --exit-code"],
      ["format: table\n", [], "config.yaml names no servers (add one: "],
    ] as const
  ) {
    const { code, err } = await runWith(stage, text, ["status", "--all", ...args]);
    assertEquals(code, 2, err);
    assertStringIncludes(err, told);
  }
  const none = await runHere(["status", "--all"], { stage });
  assertStringIncludes(none.err, "Cannot use --all: there is no configuration file (add one: ");
});

Deno.test("status --all reports one server's bad setting in its row alone", async () => {
  await using stage = await openStage();
  const good = `  studio: { api-url: "${stage.server.url}" }\n`;
  const address = 'api-url: "http://127.0.0.1:1"';
  const file = `${stage.here}/config.yaml`;
  for (
    const [name, entry, told] of [
      [
        "x",
        `{ ${address}, token-file: gone }`,
        `token-file in ${file} "${stage.here}/gone": no such file`,
      ],
      ["x", `{ ${address}, api-key-file: . }`, "servers.x.api-key-file in"],
      ["x", `{ ${address}, header-files: { X-A: gone } }`, "servers.x.header-files.X-A in"],
      ["x", `{ ${address}, headers: { "X A": b } }`, "servers.x.headers.X A in"],
      ["x", `{ ${address}, token: a, token-file: b }`, "servers.x.token in"],
      ["x", `{ ${address}, token: [a, b] }`, "servers.x.token in"],
      ["x", `{ ${address}, request-timeout: soon }`, "servers.x.request-timeout in"],
      ["x", `{ ${address}, tokn: a }`, "there is no such setting (did you mean servers.x.token?)"],
      ["x", '{ api-url: "ftp://a" }', "servers.x.api-url in"],
      ["x", "http://127.0.0.1:1", "servers.x in"],
      ["all", `{ ${address} }`, '"all" cannot be the name of a server'],
    ] as const
  ) {
    // The default server is one of many here.
    const config = `default-server: ${name}\nservers:\n${good}  ${name}: ${entry}\n`;
    const env = { ASSET_GENERATOR_REQUEST_TIMEOUT: "" };
    const result = await runWith(stage, config, ["status", "--all", "--format", "json"], env);
    const { servers } = read(result);
    assertEquals(
      [result.code, servers.map(({ name, verdict, error }) => [name, verdict, error?.code])],
      [0, [["studio", "idle", undefined], [name, "unknown", "usage"]]],
      entry,
    );
    const text = await runWith(stage, config, ["status", "--all"], env);
    assertStringIncludes(text.out, `\n${name}: Unknown: cannot use `);
    assertStringIncludes(text.out, told);
    assertEquals(text.err, "");
  }
});

Deno.test("status --all waits for no pipe that should hold one server's secret", {
  // The read that is still waiting ends with the process.
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  await using stage = await openStage();
  const pipe = `${stage.here}/pipe`;
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  using _writer = await Deno.open(pipe, { read: true, write: true });
  const config = `servers:
  studio: { api-url: "${stage.server.url}" }
  x: { api-url: "http://127.0.0.1:1", token-file: "${pipe}" }
`;
  const result = await runWith(stage, config, [
    ...["status", "--all", "--request-timeout", "300ms"],
  ]);
  assertEquals([result.code, result.err], [0, ""]);
  assertStringIncludes(
    result.out,
    "x: Unknown: cannot use servers.x: its secrets could not be read within 300ms\n",
  );
});

Deno.test("status --all fails as the bad settings do if no server can be asked", async () => {
  await using stage = await openStage();
  const config = 'servers: { x: { api-url: "http://127.0.0.1:1", token-file: gone } }\n';
  const { code, err } = await runWith(stage, config, ["status", "--all"]);
  assertEquals([code, err], [
    2,
    `Error: Cannot use servers.x.token-file in ${stage.here}/config.yaml "${stage.here}/gone": ` +
    "no such file or directory\n",
  ]);
});

Deno.test("status --all knows own generations on a server whose settings are bad", async () => {
  await using stage = await openStage();
  await using _generation = await trackHere({ stage, images: 2 });
  const config = `servers: { x: { api-url: "${stage.server.url}", token-file: gone } }\n`;
  const { out } = await runWith(stage, config, ["status", "--all", "--exit-code", "--quiet"]);
  assertEquals(out, "");
  const got = await runWith(stage, config, ["status", "--all", "--get", "servers[0].verdict"]);
  assertEquals(got.out, "busy\n");
});
