import { assertEquals } from "@std/assert";
import type { DetectionReport, ReportedBackend } from "../../src/detection/report.ts";
import type { Backend } from "../../src/detection/swarm_server.ts";
import { checkSessions } from "../../src/doctor/session_checks.ts";
import { checkSources, lackingIn } from "../../src/doctor/source_checks.ts";
import { howToGrant } from "../../src/doctor/swarm_rights.ts";
import { comfyBackend, remoteBackend } from "../support/sample_answers.ts";
import {
  CLEAN_PLACES,
  FULL_EVIDENCE,
  rowOf,
  sampleEvidence,
  sampleFacts,
  silentEvidence,
} from "../support/sample_facts.ts";
import { reportedBackend, sampleReport } from "../support/sample_report.ts";

const UPDATE = "update it to 0.9.7.1 or later: Server → Server Info → Update and Restart Server";

function backends(...all: readonly Backend[]): readonly ReportedBackend[] {
  return all.map((backend) => reportedBackend(backend, null));
}

function ofVersion(version: string | null): Partial<DetectionReport> {
  return { identity: version === null ? null : { version, serverId: null, asOf: 0 } };
}

type Row = readonly [
  what: string,
  id: string,
  changes: Partial<DetectionReport>,
  expected: readonly string[],
];

const ROWS: readonly Row[] = [
  ["the counters", "global_status", {}, [
    "ok",
    "The counters of all users can be read (GetGlobalStatus)",
  ]],
  [
    "counters that this user may not read",
    "global_status",
    {
      evidence: [
        silentEvidence("global_status", "not_permitted", "permission read_server_info_panels"),
      ],
    },
    [
      "missing",
      "This user may not read the counters of all users (GetGlobalStatus)",
      'in SwarmUI, Server → Users → Roles, give this user\'s role "Read Server Info Panels" under ' +
      "Admin: read_server_info_panels, by default from admin up",
    ],
  ],
  [
    "counters that the server does not have",
    "global_status",
    { evidence: [silentEvidence("global_status", "not_supported")] },
    [
      "missing",
      "The server is too old for the counters of all users (GetGlobalStatus)",
      UPDATE,
    ],
  ],
  [
    "an error of the server's own",
    "backends",
    {
      evidence: [
        sampleEvidence("backend_status", {
          answered: false,
          reason: "server_error",
          message: "oops",
        }),
      ],
    },
    ["warning", "No answer about the list of backends (ListBackends): oops", "try again"],
  ],
  [
    "a server that does not answer",
    "backends",
    { reach: "offline", evidence: [silentEvidence("backend_status", "unreachable")] },
    ["not_checked", "The list of backends (ListBackends)"],
  ],
  ["the backends", "backends", {}, ["ok", "The backends can be listed: 1 (ListBackends)"]],
  ["the queues", "comfy_queue", {}, [
    "ok",
    "ComfyUI's queue of every running backend can be read: 1",
  ]],
  [
    "the queue of a backend that is not known",
    "comfy_queue",
    { backends: null, evidence: [sampleEvidence("comfy_queue")] },
    ["ok", "ComfyUI's queue of the first running backend can be read"],
  ],
  [
    "no ComfyUI",
    "comfy_queue",
    { backends: backends(remoteBackend()), evidence: [] },
    ["warning", "There is no ComfyUI backend whose queue could be asked"],
  ],
  [
    "no running ComfyUI",
    "comfy_queue",
    { backends: backends(comfyBackend({ status: "errored" })), evidence: [] },
    ["not_checked", "ComfyUI's queues: no ComfyUI backend is running"],
  ],
  [
    "a server without ComfyUI's routes",
    "comfy_queue",
    { evidence: [silentEvidence("comfy_queue", "not_supported")] },
    ["warning", "The server has no ComfyUI whose queue could be asked"],
  ],
  ["a version", "version", ofVersion("0.9.8.2.GIT-062407c7"), [
    "ok",
    "SwarmUI 0.9.8.2.GIT-062407c7",
  ]],
  ["no version", "version", ofVersion(null), [
    "not_checked",
    "The server's version is not known",
  ]],
  ["a version of another shape", "version", ofVersion("fork-7"), ["ok", "SwarmUI fork-7"]],
  [
    "an old version",
    "version",
    { ...ofVersion("0.9.6.2"), evidence: [silentEvidence("global_status", "not_supported")] },
    [
      "warning",
      "SwarmUI 0.9.6.2 is older than 0.9.7.1 and may lack the counters of all users " +
      "(GetGlobalStatus), counters by user (ListConnectedUsers)",
      "update it: Server → Server Info → Update and Restart Server",
    ],
  ],
  ["a version between two that has the counters", "version", ofVersion("0.9.7.0"), [
    "warning",
    "SwarmUI 0.9.7.0 is older than 0.9.7.1 and may lack counters by user (ListConnectedUsers)",
    "update it: Server → Server Info → Update and Restart Server",
  ]],
  ["ready backends", "backend_states", {}, ["ok", "No backend is starting or broken"]],
  ["backends that are not known", "backend_states", { backends: null }, [
    "not_checked",
    "The states of the backends",
  ]],
  [
    "a backend that starts, before one that is broken",
    "backend_states",
    {
      backends: backends(
        comfyBackend({ status: "errored", secondsSinceUsed: 600 }),
        comfyBackend({ id: 1, status: "loading" }),
      ),
    },
    [
      "warning",
      "Nothing can be said until it passes: backend 1 is loading",
      "wait a while",
    ],
  ],
  [
    "broken backends",
    "backend_states",
    {
      backends: backends(
        comfyBackend({ status: "errored", secondsSinceUsed: 600 }),
        comfyBackend({ id: 2, status: "disabled", secondsSinceUsed: null }),
      ),
    },
    [
      "warning",
      "Assumed to have no work, which nobody can see: backend 0 (comfyui_selfstart) is errored, " +
      "backend 2 (comfyui_selfstart) is disabled",
      "see Server → Backends",
    ],
  ],
  [
    "a backend that is another SwarmUI",
    "backend_states",
    { backends: backends(comfyBackend(), remoteBackend()) },
    [
      "warning",
      "No ComfyUI of this server, so not all of their work is visible: " +
      "backend 9 (swarmswarmbackend) is running",
    ],
  ],
];

for (const [what, id, changes, expected] of ROWS) {
  Deno.test(`checkSources() reports ${what} in ${id}`, () => {
    const report = sampleReport({
      evidence: FULL_EVIDENCE,
      backends: backends(comfyBackend()),
      ...changes,
    });
    assertEquals(rowOf(checkSources(report), id), expected);
  });
}

Deno.test("lackingIn() compares numbers, not text, and cannot read every version", () => {
  const versions = ["0.9.1.9", "0.9.2", "0.9.7.0", "0.9.7.1", "0.9.10.0", "0.10.0.0", "1.0.0"];
  assertEquals(versions.map((version) => lackingIn(version)?.length), [3, 2, 2, 0, 0, 0, 0]);
  assertEquals(["", "fork", "0.9", "v0.9.8.2"].map(lackingIn), [null, null, null, null]);
});

Deno.test("howToGrant() returns unknown needs unchanged", () => {
  assertEquals(
    howToGrant("permission constructor"),
    "in SwarmUI, Server → Users → Roles, give this user's role constructor",
  );
  assertEquals(howToGrant("--allow-net"), "--allow-net");
});

Deno.test("checkSessions() says whether calls share a session, and whether there are several logins", () => {
  const report = sampleReport();
  const kept = sampleFacts({ places: { ...CLEAN_PLACES, logins: 2 } });
  assertEquals(rowOf(checkSessions(kept), "session"), [
    "ok",
    "The session for questions is kept, so calls share one",
  ]);
  assertEquals(rowOf(checkSessions(kept), "logins"), [
    "ok",
    "2 logins were used on this server; each sees what its own permissions allow",
    "give the same --api-key and --token in every script",
  ]);
  const needs = "--allow-write=/state";
  const lost = sampleFacts({
    report,
    keptSession: null,
    userDirectory: { kind: "permission", path: "/state", needs, canRead: true },
    places: { ...CLEAN_PLACES, logins: null },
  });
  assertEquals(rowOf(checkSessions(lost), "session"), [
    "warning",
    "The session for questions is not kept: each call leaves a new one on the server for a month",
    `add ${needs}`,
  ]);
  assertEquals(rowOf(checkSessions(lost), "logins")[0], "not_checked");
  const away = sampleFacts({ report: sampleReport({ reach: "offline" }), keptSession: null });
  assertEquals(rowOf(checkSessions(away), "session")[0], "not_checked");
});
