import type { Evidence } from "../../src/detection/report.ts";
import type { Check } from "../../src/doctor/check.ts";
import type { DoctorFacts, Variable } from "../../src/doctor/facts.ts";
import type { PlacesLook } from "../../src/doctor/places.ts";
import { comfyBackend } from "./sample_answers.ts";
import { HERE, NOW_MS } from "./sample_records.ts";
import { reportedBackend, sampleReport } from "./sample_report.ts";

/** A source of the server that answered. */
export function sampleEvidence(source: string, changes: Partial<Evidence> = {}): Evidence {
  const common = { elapsedMs: 1, sees: "something", detail: {} };
  return { tier: "server", source, answered: true, ...common, ...changes };
}

/** A source of the server that gave no answer. */
export function silentEvidence(
  source: string,
  reason: Evidence["reason"],
  needs?: string,
): Evidence {
  return sampleEvidence(source, {
    answered: false,
    ...(reason === undefined ? {} : { reason }),
    ...(needs === undefined ? {} : { needs }),
  });
}

/** A scope whose records were read. */
export function scopeEvidence(
  scope: "directory" | "user",
  changes: Partial<Evidence> = {},
): Evidence {
  return {
    tier: "records",
    scope,
    answered: true,
    elapsedMs: 1,
    sees: "records",
    detail: { records: 2, running: 1 },
    ...changes,
  };
}

/** Records of the directory that could not be read. */
export const UNREAD_DIRECTORY: Evidence = scopeEvidence("directory", {
  answered: false,
  reason: "permission",
  needs: "--allow-read=.",
  detail: {},
});

/** Both scopes, the counters, the queue and the backends: all answered. */
export const FULL_EVIDENCE: readonly Evidence[] = [
  scopeEvidence("directory"),
  scopeEvidence("user"),
  sampleEvidence("global_status"),
  sampleEvidence("comfy_queue", { detail: { backends: 1, remaining: 0 } }),
  sampleEvidence("backend_status"),
];

/** Nothing odd lies anywhere. */
export const CLEAN_PLACES: PlacesLook = {
  openToOthers: [],
  corrupt: [],
  temporary: [],
  deadLocks: 0,
  heldLocks: [],
  logins: 1,
};

/** A variable that may be read. */
export function variable(name: string, value: string | null = null): Variable {
  return { name, mayRead: true, value };
}

/** A variable that may not be read. */
export function hiddenVariable(name: string): Variable {
  return { name, mayRead: false, value: null };
}

/** A row of a test of checks: the facts that differ, and what `rowOf()` says of a check then. */
export type CheckRow = readonly [
  what: string,
  id: string,
  changes: Partial<DoctorFacts>,
  expected: readonly string[],
];

/** A machine and a server on which all is well; fields that a test does not give have ordinary values. */
export function sampleFacts(changes: Partial<DoctorFacts> = {}): DoctorFacts {
  return {
    report: sampleReport({
      evidence: FULL_EVIDENCE,
      backends: [reportedBackend(comfyBackend(), 0)],
    }),
    overRecords: [],
    host: HERE,
    variables: [variable("ASSET_GENERATOR_API_URL"), variable("ASSET_GENERATOR_TOKEN")],
    proxies: [variable("HTTP_PROXY"), variable("ALL_PROXY"), variable("NO_PROXY")],
    credentials: { apiKey: null, token: null },
    stateDirectory: { kind: "works", path: "/data", exists: true, locks: { kind: "works" } },
    userDirectory: { kind: "works", path: "/state", exists: true, locks: { kind: "works" } },
    places: CLEAN_PLACES,
    probe: {
      status: 400,
      mediaType: "application/json",
      serverMs: NOW_MS,
      askedAtMs: NOW_MS,
      roundTripMs: 4,
    },
    keptSession: { createdAt: NOW_MS - 3_600_000, userId: "local" },
    ...changes,
  };
}

/** A check by its id, as a row of a table: state, what was found, and the advice if there is one. */
export function rowOf(checks: readonly Check[], id: string): readonly string[] {
  const check = checks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`There is no check ${id}`);
  const { state, found, advice } = check;
  return advice === null ? [state, found] : [state, found, advice];
}
