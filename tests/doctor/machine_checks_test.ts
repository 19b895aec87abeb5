import { assertEquals } from "@std/assert";
import { checkMachine } from "../../src/doctor/machine_checks.ts";
import type { DirectoryTrial, LockSupport } from "../../src/doctor/places.ts";
import {
  CLEAN_PLACES,
  hiddenVariable,
  rowOf,
  sampleFacts,
  silentEvidence,
  variable,
} from "../support/sample_facts.ts";
import type { CheckRow } from "../support/sample_facts.ts";
import { sampleReport } from "../support/sample_report.ts";

Deno.test("checkMachine() finds nothing wrong on a good machine", () => {
  const checks = checkMachine(sampleFacts());
  assertEquals(checks.filter(({ state }) => state !== "ok"), []);
  assertEquals(new Set(checks.map(({ group }) => group)), new Set(["machine"]));
});

function working(locks: LockSupport, exists = true): DirectoryTrial {
  return { kind: "works", path: "/there", exists, locks };
}

const ROWS: readonly CheckRow[] = [
  [
    "no right to connect",
    "net_permission",
    {
      report: sampleReport({
        evidence: [silentEvidence("global_status", "permission", "--allow-net=127.0.0.1:7801")],
      }),
    },
    [
      "missing",
      "Deno does not allow it",
      "add --allow-net=127.0.0.1:7801",
    ],
  ],
  [
    "variables that may not be read",
    "environment",
    { variables: [variable("A"), hiddenVariable("B"), hiddenVariable("C"), hiddenVariable("D")] },
    [
      "missing",
      "Deno may not read B, C and 1 more, so settings in them are not seen",
      "add '--allow-env=ASSET_GENERATOR_*'",
    ],
  ],
  ["no name", "hostname", { host: null }, [
    "missing",
    "Deno may not read this machine's name, so a killed generation looks alive for 30 s longer",
    "add --allow-sys=hostname",
  ]],
  [
    "a directory that may be read alone",
    "state_directory",
    {
      stateDirectory: {
        kind: "permission",
        path: "/there",
        needs: "--allow-write=.",
        canRead: true,
      },
    },
    [
      "missing",
      "Deno may read but not write the state file's directory, so nothing is published there: /there",
      "add --allow-write=.",
    ],
  ],
  [
    "a directory that may not be used",
    "user_directory",
    {
      userDirectory: {
        kind: "permission",
        path: "/there",
        needs: "--allow-read=/there --allow-write=/there",
        canRead: false,
      },
    },
    [
      "missing",
      "Deno may not use the user's state directory: /there",
      "add --allow-read=/there --allow-write=/there",
    ],
  ],
  [
    "a user directory that is made later",
    "user_directory",
    { userDirectory: working({ kind: "works" }, false) },
    [
      "ok",
      "Files in the user's state directory can be written, renamed and read: /there, " +
      "which is made when it is first needed",
    ],
  ],
  [
    "a user directory that is not there and cannot be tried",
    "user_directory",
    { userDirectory: { kind: "not_there", path: "/there" } },
    ["not_checked", "The user's state directory is not there yet: /there"],
  ],
  [
    "a user directory that variables may say",
    "user_directory",
    { userDirectory: { kind: "no_place", needs: "--allow-env=HOME" } },
    [
      "missing",
      "No variable that may be read says where the user's state directory is",
      "add --allow-env=HOME",
    ],
  ],
  [
    "a user directory that no variable says",
    "user_directory",
    { userDirectory: { kind: "no_place", needs: null } },
    [
      "missing",
      "No variable that may be read says where the user's state directory is",
      "set ASSET_GENERATOR_STATE_DIR",
    ],
  ],
  [
    "a user directory that others can write into",
    "user_directory",
    {
      userDirectory: {
        kind: "not_private",
        path: "/there",
        found: "other users can write there",
        advice: "close it with chmod go-w",
      },
    },
    [
      "warning",
      "The user's state directory is not used: other users can write there: /there",
      "close it with chmod go-w",
    ],
  ],
  [
    "a directory on a read-only file system",
    "state_directory",
    {
      stateDirectory: {
        kind: "failed",
        path: "/there",
        message: "the file system is read-only",
      },
    },
    [
      "warning",
      "The state file's directory cannot be used: the file system is read-only: /there",
      "name another place with --state-file",
    ],
  ],
  [
    "locks where no file could be made",
    "state_locks",
    { stateDirectory: { kind: "failed", path: "/there", message: "permission denied" } },
    [
      "not_checked",
      "Whether locks work in the state file's directory: no file could be made there",
    ],
  ],
  [
    "locks that shut nobody out",
    "state_locks",
    { stateDirectory: working({ kind: "ignored" }) },
    [
      "warning",
      "Locks do not work in the state file's directory (a second handle got the lock too), so " +
      "processes that write at once may lose each other's records",
      "name a local file with --state-file",
    ],
  ],
  [
    "no locks",
    "user_locks",
    { userDirectory: working({ kind: "refused", message: "the file system has no locks" }) },
    [
      "warning",
      "Locks do not work in the user's state directory (the file system has no locks), so " +
      "only its heartbeat shows whether a generation's process is alive",
      "name a local directory with ASSET_GENERATOR_STATE_DIR",
    ],
  ],
  [
    "open modes",
    "private_modes",
    { places: { ...CLEAN_PLACES, openToOthers: ["/state/sessions"] } },
    [
      "warning",
      "Other users may read what holds sessions: /state/sessions",
      "close it with chmod go-rwx",
    ],
  ],
  [
    "modes that were not seen",
    "private_modes",
    { places: { ...CLEAN_PLACES, openToOthers: null } },
    ["not_checked", "Whether others may read kept sessions"],
  ],
  [
    "a lock that is held",
    "held_locks",
    { places: { ...CLEAN_PLACES, heldLocks: ["/data/x.lock"] } },
    [
      "warning",
      "Another process holds /data/x.lock, so nothing can be published there",
      "continue or end the process that is stopped",
    ],
  ],
  [
    "locks that were not seen",
    "held_locks",
    { places: { ...CLEAN_PLACES, heldLocks: null } },
    ["not_checked", "Whether a process holds the locks of the records"],
  ],
];

for (const [what, id, changes, expected] of ROWS) {
  Deno.test(`checkMachine() reports ${what} in ${id}`, () => {
    assertEquals(rowOf(checkMachine(sampleFacts(changes)), id), expected);
  });
}
