import { assertEquals } from "@std/assert";
import { checkRecords } from "../../src/doctor/record_checks.ts";
import {
  CLEAN_PLACES,
  FULL_EVIDENCE,
  rowOf,
  sampleFacts,
  scopeEvidence,
} from "../support/sample_facts.ts";
import type { CheckRow } from "../support/sample_facts.ts";
import { sampleGeneration, sampleReport } from "../support/sample_report.ts";

const UNREAD = { answered: false, reason: "permission", detail: {} } as const;
const UNREAD_DIRECTORY = scopeEvidence("directory", UNREAD);
const UNREAD_USER = scopeEvidence("user", UNREAD);

const ROWS: readonly CheckRow[] = [
  ["records", "directory_records", {}, [
    "ok",
    "Records of this directory can be read: 2, of which 1 run",
  ]],
  [
    "records that may not be read",
    "user_records",
    {
      report: sampleReport({
        evidence: [
          scopeEvidence("user", {
            answered: false,
            reason: "permission",
            needs: "--allow-read=/s",
            detail: {},
          }),
        ],
      }),
    },
    ["missing", "The records of this user cannot be read", "add --allow-read=/s"],
  ],
  [
    "records that cannot be read",
    "directory_records",
    {
      report: sampleReport({
        evidence: [
          scopeEvidence("directory", {
            answered: false,
            reason: "failed",
            message: "it is a directory",
            detail: {},
          }),
        ],
      }),
    },
    ["warning", "The records of this directory cannot be read: it is a directory"],
  ],
  [
    "records that make no sense",
    "directory_records",
    {
      report: sampleReport({
        evidence: [scopeEvidence("directory", { problems: ["Line 1 is odd", "Line 2 is odd"] })],
      }),
    },
    [
      "warning",
      "Line 1 is odd (and 1 more)",
      "what cannot be understood is moved aside by the next generate",
    ],
  ],
  ["no ghosts", "ghosts", {}, [
    "ok",
    "No record is left of a generation that is over or in doubt",
  ]],
  [
    "ghosts of every kind",
    "ghosts",
    {
      overRecords: ["gen-a", "gen-b", "gen-c", "gen-d"],
      report: sampleReport({
        evidence: FULL_EVIDENCE,
        active: [
          sampleGeneration(),
          sampleGeneration({ orphaned: true, owner: "gone" }, { id: "gen-o" }),
          sampleGeneration({ verified: false, owner: "unseen" }, { id: "session-f" }),
        ],
        uncertain: [sampleGeneration({ verified: false, owner: "gone" }, { id: "gen-u" })],
      }),
    },
    [
      "warning",
      "gen-u: the process is gone, and the server could not be asked; " +
      "gen-o: the process is gone, but the server is still working; " +
      "session-f: recorded by another tool, and it is not known whether it is running; " +
      "gen-a, gen-b, gen-c and 1 more: over, but still recorded",
      "look again when the server answers; cancel stops it; " +
      "remove it from the state file if it is over; status removes it",
    ],
  ],
  ...["ghosts", "server_names", "other_servers"].map((id): CheckRow => [
    "no records, where none could be read",
    id,
    { report: sampleReport({ evidence: [UNREAD_DIRECTORY, UNREAD_USER] }) },
    [
      "not_checked",
      {
        ghosts: "Whether a record is left of a generation that is over or in doubt",
        server_names: "Whether records use another address of this server",
        other_servers: "Whether there are records of other servers",
      }[id] ?? "",
    ],
  ]),
  [
    "what one scope does not tell",
    "ghosts",
    { report: sampleReport({ evidence: [scopeEvidence("directory"), UNREAD_USER] }) },
    ["not_checked", "Whether a record is left of a generation that is over or in doubt"],
  ],
  [
    "what the readable scope tells",
    "other_servers",
    {
      report: sampleReport({
        evidence: [UNREAD_DIRECTORY, scopeEvidence("user")],
        elsewhere: [{ serverUrl: "http://far:1", records: 2 }],
      }),
    },
    [
      "ok",
      "Records of other servers are not counted: http://far:1 (2)",
      "--api-url asks another server",
    ],
  ],
  [
    "corrupt files, the first of all leftovers",
    "leftovers",
    {
      places: {
        ...CLEAN_PLACES,
        corrupt: ["/data/s.json.corrupt-1"],
        temporary: ["/data/s.json.x.tmp"],
        deadLocks: 2,
      },
    },
    [
      "warning",
      "State files that could not be understood were moved aside: /data/s.json.corrupt-1; " +
      "owner locks of ended processes, kept for a day: 2",
      "look at them, then delete them",
    ],
  ],
  [
    "temporary files",
    "leftovers",
    { places: { ...CLEAN_PLACES, temporary: ["/data/s.json.x.tmp"] } },
    [
      "warning",
      "Killed processes left temporary files: /data/s.json.x.tmp",
      "delete them; the next generate removes most",
    ],
  ],
  ["owner locks, which are swept", "leftovers", { places: { ...CLEAN_PLACES, deadLocks: 1 } }, [
    "ok",
    "No temporary or corrupt files are left; owner locks of ended processes, kept for a day: 1",
  ]],
  [
    "leftovers that were not seen",
    "leftovers",
    { places: { ...CLEAN_PLACES, corrupt: null, temporary: null, deadLocks: null } },
    ["not_checked", "What killed processes left behind"],
  ],
  [
    "other names of the same server, but not localhost",
    "server_names",
    {
      report: sampleReport({
        active: [
          sampleGeneration({}, { serverUrl: "http://localhost:7801" }),
          sampleGeneration({}, { serverUrl: "http://gpu-box:7801" }),
        ],
      }),
    },
    ["ok", "The same server is recorded under other addresses: http://gpu-box:7801"],
  ],
  [
    "other servers",
    "other_servers",
    { report: sampleReport({ elsewhere: [{ serverUrl: "http://far:1", records: 2 }] }) },
    [
      "ok",
      "Records of other servers are not counted: http://far:1 (2)",
      "--api-url asks another server",
    ],
  ],
];

for (const [what, id, changes, expected] of ROWS) {
  Deno.test(`checkRecords() reports ${what} in ${id}`, () => {
    assertEquals(rowOf(checkRecords(sampleFacts(changes)), id), expected);
  });
}
