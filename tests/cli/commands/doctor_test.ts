/** `doctor` with its real adapters: real files, and a simulated server. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { SimulatorOptions } from "../../../src/simulator/simulator.ts";
import type { Role } from "../../../src/simulator/users/roles.ts";
import { createFileStore } from "../../../src/state/records/file_store.ts";
import { doctorReader, idsIn } from "../../support/doctor_json.ts";
import type { DoctorJson } from "../../support/doctor_json.ts";
import { assertExpected } from "../../support/expected_text.ts";
import { otherClient } from "../../support/other_client.ts";
import { runHere } from "../../support/program_here.ts";
import { sampleRecord } from "../../support/sample_records.ts";
import { openStage } from "../../support/stage.ts";
import type { Stage } from "../../support/stage.ts";
import { recorded, ScriptedServer } from "../../swarm/scripted_server.ts";
import { namesIn } from "../../support/temp_dir.ts";

const readDoctor = await doctorReader();

interface Seen {
  readonly code: number;
  readonly err: string;
  readonly document: DoctorJson;
}

async function doctor(stage: Stage, args: readonly string[] = []): Promise<Seen> {
  const { code, out, err } = await runHere(["doctor", "--format", "json", ...args], { stage });
  return { code, err, document: readDoctor(out) };
}

const SERVER_RIGHTS = ["global_status", "backends", "comfy_queue"];

type Row = readonly [
  what: string,
  server: Omit<SimulatorOptions, "clock">,
  args: readonly string[],
  expected: {
    readonly code: number;
    readonly missing: readonly string[];
    readonly warnings?: readonly string[];
  },
];

function role(name: Role): Omit<SimulatorOptions, "clock"> {
  return { role: name };
}

const CERTAIN = { code: 0, missing: [] };

const ROWS: readonly Row[] = [
  ["the owner", role("owner"), [], CERTAIN],
  ["an administrator", role("admin"), [], CERTAIN],
  ["a power user", role("poweruser"), [], {
    code: 4,
    missing: ["global_status", "verdict"],
    warnings: ["blind_spots"],
  }],
  ["a user", role("user"), [], {
    code: 4,
    missing: [...SERVER_RIGHTS, "verdict"],
    warnings: ["blind_spots"],
  }],
  ["a guest", role("guest"), [], {
    code: 4,
    missing: [...SERVER_RIGHTS, "verdict"],
    warnings: ["blind_spots"],
  }],
  [
    "exactly the right that is needed",
    { permissions: ["read_server_info_panels"] },
    [],
    { code: 0, missing: ["backends", "comfy_queue"], warnings: ["blind_spots"] },
  ],
  [
    "the counters and ComfyUI, but not the backends",
    { permissions: ["read_server_info_panels", "comfy_direct_calls"] },
    [],
    { code: 4, missing: ["backends", "verdict"], warnings: ["blind_spots"] },
  ],
  ["a header lock", { requiredAuthorization: "Bearer abc" }, [], {
    code: 4,
    missing: ["login", "verdict"],
    warnings: ["blind_spots"],
  }],
  ["a header lock and its key", { requiredAuthorization: "Bearer abc" }, ["--api-key", "abc"], {
    ...CERTAIN,
  }],
  ["accounts", { accounts: [{ name: "bob", role: "owner" }] }, [], {
    code: 4,
    missing: ["login", "verdict"],
    warnings: ["blind_spots"],
  }],
  [
    "accounts and a token",
    { accounts: [{ name: "bob", role: "owner", token: "626f62.one.two" }] },
    ["--token", "626f62.one.two"],
    CERTAIN,
  ],
  [
    "a server without GetGlobalStatus",
    { hasGlobalStatus: false, redirectsErrors: true, version: "0.9.6.2" },
    [],
    {
      code: 4,
      missing: ["global_status", "verdict"],
      warnings: ["version", "blind_spots"],
    },
  ],
  ["a backend that loads", { backends: [{}, { status: "loading" }] }, [], {
    code: 4,
    missing: ["verdict"],
    warnings: ["backend_states", "blind_spots"],
  }],
  ["a backend that broke a moment ago", { backends: [{}, { status: "errored" }] }, [], {
    code: 4,
    missing: ["verdict"],
    warnings: ["backend_states", "blind_spots"],
  }],
  ["no ComfyUI", { backends: [{ type: "swarmswarmbackend" }] }, [], {
    code: 0,
    missing: [],
    warnings: ["comfy_queue", "backend_states", "blind_spots"],
  }],
];

for (const [what, server, args, { code, missing, warnings = [] }] of ROWS) {
  Deno.test(`doctor finds what is missing with ${what}`, async () => {
    await using stage = await openStage(server);
    const seen = await doctor(stage, args);
    assertEquals(idsIn(seen.document, "missing"), missing);
    assertEquals(idsIn(seen.document, "warning"), warnings);
    const isCertain = code === 0 && !warnings.includes("blind_spots");
    assertEquals([seen.code, seen.document.certain], [code, isCertain]);
    assertEquals(seen.document.error === null, code === 0);
    assertEquals(seen.err, code === 0 ? "" : `Error: ${seen.document.error?.message}\n`);
  });
}

Deno.test("doctor tells a user what to grant, on one line each", async () => {
  await using stage = await openStage({ role: "user" });
  const { code, out, err } = await runHere(["doctor"], { stage });
  assertEquals(code, 4);
  const lines = out.split("\n").filter((line) => /^ {2}(missing|warning)/.test(line));
  assertEquals(err.split("\n").length, 2);
  await assertExpected("doctor/to_grant.txt", `${lines.join("\n")}\n${err}`, {
    [stage.server.url]: "http://127.0.0.1:7801",
  });
});

Deno.test("doctor is certain while the server works, and says busy", async () => {
  await using stage = await openStage();
  const client = await otherClient(stage.server.url);
  await using _work = client.generate(2);
  await stage.untilWorking(2);
  const { code, document } = await doctor(stage);
  assertEquals([code, document.certain], [0, true]);
  assertEquals(
    document.checks.find(({ id }) => id === "verdict")?.found,
    "The verdict can be certain; now it is busy",
  );
  await stage.finish();
});

Deno.test("doctor makes one session however often it is asked, and leaves no other file", async () => {
  await using stage = await openStage();
  for (let times = 0; times < 3; times++) assertEquals((await doctor(stage)).code, 0);
  assertEquals(stage.asked("GetNewSession"), 1);
  assertEquals(await Array.fromAsync(Deno.readDir(stage.here)), []);
  const names = await namesIn(stage.stateDirectory);
  assertEquals(names, ["sessions"]);
});

Deno.test("doctor reports ghosts and prunes none of them", async () => {
  await using stage = await openStage();
  const clock = { now: () => Date.now() };
  const store = createFileStore({ path: stage.stateFile, clock });
  const nowMs = Date.now();
  const aged = { startedAt: nowMs - 90_000, updatedAt: nowMs - 90_000 };
  const { url } = stage.server;
  await store.put({
    record: sampleRecord({ id: "gen-old", ...aged, serverUrl: url }),
    session: null,
  });
  await store.put({
    record: sampleRecord({ id: "gen-far", ...aged, serverUrl: "http://far.example:1" }),
    session: null,
  });
  await Deno.writeTextFile(`${stage.stateFile}.corrupt-20251010T143000Z`, "{");
  const before = await Deno.readTextFile(stage.stateFile);
  const { code, document } = await doctor(stage);
  assertEquals(code, 0);
  const found = new Map(document.checks.map((check) => [check.id, check]));
  assertEquals(found.get("ghosts")?.found, "gen-old: over, but still recorded");
  assertEquals(found.get("ghosts")?.advice, "status removes it");
  assertStringIncludes(found.get("leftovers")?.found ?? "", ".corrupt-20251010T143000Z");
  assertEquals(
    found.get("other_servers")?.found,
    "Records of other servers are not counted: http://far.example:1 (1, named by a shared file: not to be trusted)",
  );
  assertEquals(await Deno.readTextFile(stage.stateFile), before);
});

Deno.test("doctor says so, and exits with 5, where no server answers", async () => {
  await using stage = await openStage();
  await stage.server.stop({ isKilled: true });
  const { code, document, err } = await doctor(stage);
  assertEquals(code, 5);
  assertEquals(idsIn(document, "missing"), ["server", "verdict"]);
  assertEquals(document.error?.code, "unreachable");
  assertEquals(err, `Error: ${document.error?.message}\n`);
});

Deno.test("doctor does not take a web page for SwarmUI", async () => {
  await using stage = await openStage();
  stage.server.fault({ route: "*", kind: "html", times: Infinity });
  const { code, document } = await doctor(stage);
  assertEquals(code, 5);
  assertEquals(
    document.checks.find(({ id }) => id === "server")?.advice,
    [
      "give SwarmUI's own address with --api-url, with the path if a proxy adds one",
    ][0],
  );
});

/** A SwarmUI that answers everything that `doctor` asks, and whose clock is wrong. */
function skewedServer(skewMs: number): ScriptedServer {
  function dated(name: Parameters<typeof recorded>[0]): () => Response {
    return () => {
      const { status, headers, body } = recorded(name);
      headers.set("date", new Date(Date.now() + skewMs).toUTCString());
      return new Response(body, { status, headers });
    };
  }
  return ScriptedServer.routes({
    GetNewSession: dated("newSession"),
    GetCurrentStatus: dated("missingSessionId"),
    GetGlobalStatus: dated("idleStatus"),
    ListBackends: dated("backends"),
    GetServerResourceInfo: dated("resources"),
    prompt: dated("comfyQueue"),
  });
}

Deno.test("doctor measures the server's clock", async () => {
  await using stage = await openStage();
  const clocks: (string | undefined)[] = [];
  for (const skewMs of [0, 3_600_000, -60_000]) {
    await using server = skewedServer(skewMs);
    const { document } = await doctor(stage, ["--api-url", server.url]);
    const clock = document.checks.find(({ id }) => id === "clock");
    clocks.push(clock?.found.replace(/, so records of .*/, ""));
    assertEquals(clock?.state, skewMs === 0 ? "ok" : "warning");
  }
  assertEquals(clocks[0], "The server's clock agrees with this machine's");
  assert(
    /^The server's clock is (3599|3600|3601) s ahead of this machine's$/.test(clocks[1] ?? ""),
  );
  assert(/^The server's clock is (59|60|61) s behind this machine's$/.test(clocks[2] ?? ""));
});
