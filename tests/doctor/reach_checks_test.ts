import { assertEquals } from "@std/assert";
import type { DetectionReport } from "../../src/detection/report.ts";
import type { Probe } from "../../src/doctor/door.ts";
import type { DoctorFacts } from "../../src/doctor/facts.ts";
import { checkDoor } from "../../src/doctor/reach_checks.ts";
import { rowOf, sampleEvidence, sampleFacts, silentEvidence } from "../support/sample_facts.ts";
import type { CheckRow } from "../support/sample_facts.ts";
import { NOW_MS } from "../support/sample_records.ts";
import { sampleReport } from "../support/sample_report.ts";

const PROBE: Probe = {
  status: 400,
  mediaType: "application/json",
  serverMs: NOW_MS,
  askedAtMs: NOW_MS,
  roundTripMs: 4,
};

const HEADER = "give the text of Server → Server Configuration → Network → RequiredAuthorization " +
  "with --api-key";
const TOKEN =
  "log in with asset-generator login, or give a token of User → Swarm Auth Tokens with " +
  "--token";
const BYPASS = ", or switch on Server → Server Configuration → User Authorization → " +
  "AllowLocalhostBypass, which a proxy that adds X-Forwarded-For undoes";

function refused(changes: Partial<DetectionReport> = {}): DetectionReport {
  return sampleReport({
    reach: "refused",
    evidence: [silentEvidence("global_status", "refused")],
    ...changes,
  });
}

function offline(
  reason: "unreachable" | "timeout" | "not_swarmui",
  message: string,
  serverUrl = "http://127.0.0.1:7801",
): Partial<DoctorFacts> {
  const silent = sampleEvidence("global_status", { answered: false, reason, message });
  return { report: sampleReport({ reach: "offline", serverUrl, evidence: [silent] }), probe: null };
}

const ROWS: readonly CheckRow[] = [
  ["a server", "server", {}, ["ok", "http://127.0.0.1:7801 answers as SwarmUI in 12 ms"]],
  ["a server that refuses", "server", { report: refused() }, [
    "ok",
    "http://127.0.0.1:7801 answers",
  ]],
  [
    "a server that was not asked",
    "server",
    { report: sampleReport({ reach: "not_asked" }) },
    ["not_checked", "http://127.0.0.1:7801 was not asked"],
  ],
  ["no server here", "server", offline("unreachable", "Connection refused"), [
    "missing",
    "http://127.0.0.1:7801 does not answer as SwarmUI: Connection refused",
    "start SwarmUI, or give its address with --api-url: it takes port 7802, 7803 … if 7801 is taken",
  ]],
  [
    "no server elsewhere",
    "server",
    offline("unreachable", "Connection refused", "http://gpu-box:7801"),
    [
      "missing",
      "http://gpu-box:7801 does not answer as SwarmUI: Connection refused",
      "is it running? It listens to its own machine only, unless Server → Server Configuration → " +
      "Network → Host says more",
    ],
  ],
  ["a server that hangs", "server", offline("timeout", "no complete answer in time"), [
    "missing",
    "http://127.0.0.1:7801 does not answer as SwarmUI: no complete answer in time",
    "is it busy or stopped? --request-timeout allows more time",
  ]],
  [
    "another program",
    "server",
    offline("not_swarmui", "it redirects to http://x"),
    [
      "missing",
      "http://127.0.0.1:7801 does not answer as SwarmUI: it redirects to http://x",
      "give SwarmUI's own address with --api-url, with the path if a proxy adds one",
    ],
  ],
  ["no credentials", "login", {}, [
    "ok",
    'The server requires no login; its user is "local"',
  ]],
  [
    "both credentials, and no kept session",
    "login",
    {
      credentials: { apiKey: "--api-key", token: "ASSET_GENERATOR_TOKEN" },
      keptSession: null,
    },
    ["ok", "The server accepts the API key of --api-key and the token of ASSET_GENERATOR_TOKEN"],
  ],
  ["a header lock", "login", {
    report: refused(),
    probe: { ...PROBE, status: 401, mediaType: null },
  }, ["missing", "The server requires an Authorization header with every request", HEADER]],
  ["the wrong header", "login", {
    report: refused(),
    probe: { ...PROBE, status: 401, mediaType: null },
    credentials: { apiKey: "ASSET_GENERATOR_API_KEY", token: null },
  }, [
    "missing",
    "The server does not accept the Authorization header of ASSET_GENERATOR_API_KEY",
    HEADER,
  ]],
  ["a login before the server", "login", {
    report: refused(),
    probe: { ...PROBE, status: 403, mediaType: "text/html" },
  }, [
    "missing",
    "Something before the server requires a login (HTTP status 403)",
    "give what it requires with --api-key, or the address of SwarmUI itself with --api-url",
  ]],
  ["accounts", "login", { report: refused() }, [
    "missing",
    "The server requires a login",
    TOKEN + BYPASS,
  ]],
  ["a token that is not taken, elsewhere", "login", {
    report: refused({ serverUrl: "http://gpu-box:7801" }),
    credentials: { apiKey: null, token: "--token" },
  }, ["missing", "The server does not accept the token of --token", TOKEN]],
  ["no answer", "login", offline("timeout", "x"), [
    "not_checked",
    "Whether the server requires a login or a header",
  ]],
];

for (const [what, id, changes, expected] of ROWS) {
  Deno.test(`checkDoor() reports ${what} in ${id}`, () => {
    assertEquals(rowOf(checkDoor(sampleFacts(changes)), id), expected);
  });
}

const AGREE = ["ok", "The server's clock agrees with this machine's"];
const SILENT = [
  "not_checked",
  "Whether the server's clock agrees with this machine's: its answers do not tell the time",
];

function skewed(seconds: string): readonly string[] {
  return [
    "warning",
    `The server's clock is ${seconds} this machine's, so records of other machines may look older or ` +
    "younger than they are",
    "synchronise both clocks, for example by NTP",
  ];
}

const CLOCKS: readonly [what: string, probe: Probe | null, expected: readonly string[]][] = [
  ["no time", { ...PROBE, serverMs: null }, SILENT],
  ["no answer", null, SILENT],
  ["the same time", PROBE, AGREE],
  ["a second that was cut off", { ...PROBE, serverMs: NOW_MS - 999 }, AGREE],
  ["5 s ahead", { ...PROBE, serverMs: NOW_MS + 5_000 }, AGREE],
  ["5 s behind", { ...PROBE, serverMs: NOW_MS - 5_900 }, AGREE],
  ["6 s ahead", { ...PROBE, serverMs: NOW_MS + 5_600 }, skewed("6 s ahead of")],
  ["7 s behind", { ...PROBE, serverMs: NOW_MS - 7_000 }, skewed("7 s behind")],
  ["an hour behind", { ...PROBE, serverMs: NOW_MS - 3_600_000 }, skewed("3600 s behind")],
  [
    "the middle of a slow round trip",
    { ...PROBE, serverMs: NOW_MS + 10_000, roundTripMs: 20_000 },
    AGREE,
  ],
  ["6 s in doubt of a slow round trip", {
    ...PROBE,
    serverMs: NOW_MS + 8_000,
    roundTripMs: 4_000,
  }, AGREE],
];

for (const [what, probe, expected] of CLOCKS) {
  Deno.test(`checkDoor() judges a clock: ${what}`, () => {
    assertEquals(rowOf(checkDoor(sampleFacts({ probe })), "clock"), expected);
  });
}

Deno.test("checkDoor() does not judge the clock of another program", () => {
  const facts = sampleFacts({ ...offline("not_swarmui", "x"), probe: { ...PROBE, serverMs: 0 } });
  assertEquals(rowOf(checkDoor(facts), "clock"), SILENT);
});
