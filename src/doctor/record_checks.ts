/** Checks the records and what was left behind. Pure. */
import { foundText } from "../detection/answer.ts";
import type { Scope } from "../generation/records/store.ts";
import { isSameServerUrl } from "../generation/server/server_url.ts";
import type { DetectionReport, Evidence } from "../detection/report.ts";
import type { Check } from "./check.ts";
import { checksOf, shortList } from "./check.ts";
import type { DoctorFacts } from "./facts.ts";
import type { PlacesLook } from "./places.ts";

const { ok, warning, missing, notChecked } = checksOf("records");

/** Checks both scopes, ghosts, leftovers and records of other names and servers. */
export function checkRecords(facts: DoctorFacts): readonly Check[] {
  const { report } = facts;
  return [
    checkScope("directory_records", scopeOf(report, "directory"), "this directory"),
    checkScope("user_records", scopeOf(report, "user"), "this user"),
    ...checkNetwork(scopeOf(report, "network")),
    checkGhosts(report, facts.overRecords),
    checkLeftovers(facts.places),
    checkNames(report),
    checkElsewhere(report),
  ];
}

function scopeOf(report: DetectionReport, scope: Scope): Evidence | undefined {
  return report.evidence.find((one) => one.tier === "records" && one.scope === scope);
}

/** Where no Redis is configured there is nothing to check. */
function checkNetwork(evidence: Evidence | undefined): readonly Check[] {
  return evidence === undefined ? [] : [checkScope("network_records", evidence, "all machines")];
}

/** Only then is it known what does not exist. */
function isAllRead(report: DetectionReport): boolean {
  return scopeOf(report, "directory")?.answered === true &&
    scopeOf(report, "user")?.answered === true;
}

function checkScope(id: string, evidence: Evidence | undefined, whose: string): Check {
  if (evidence === undefined) return notChecked(id, `The records of ${whose}`);
  const { answered, detail, problems = [], needs } = evidence;
  if (!answered) {
    const found = `The records of ${whose} cannot be read`;
    return needs === undefined
      ? warning(id, `${found}: ${foundText(evidence)}`)
      : missing(id, found, `add ${needs}`);
  }
  if (problems.length > 0) {
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    return warning(
      id,
      `${problems[0]}${more}`,
      "what cannot be understood is moved aside by the next generate",
    );
  }
  return ok(
    id,
    `Records of ${whose} can be read: ${detail["records"]}, of which ${detail["running"]} run`,
  );
}

function checkGhosts(report: DetectionReport, over: readonly string[]): Check {
  const parts: string[] = [];
  const advice: string[] = [];
  function add(ids: readonly string[], what: string, toDo: string): void {
    if (ids.length === 0) return;
    parts.push(`${shortList(ids)}: ${what}`);
    advice.push(toDo);
  }
  const orphans = report.active.filter(({ orphaned }) => orphaned);
  const unverified = report.active.filter(({ verified }) => !verified);
  add(
    report.uncertain.map(({ record }) => record.id),
    "the process is gone, and the server could not be asked",
    "look again when the server answers",
  );
  add(
    orphans.map(({ record }) => record.id),
    "the process is gone, but the server is still working",
    "cancel stops it",
  );
  add(
    unverified.map(({ record }) => record.id),
    "recorded by another tool, and it is not known whether it is running",
    "remove it from the state file if it is over",
  );
  add(over, "over, but still recorded", "status removes it");
  if (parts.length > 0) return warning("ghosts", parts.join("; "), advice.join("; "));
  return isAllRead(report)
    ? ok("ghosts", "No record is left of a generation that is over or in doubt")
    : notChecked("ghosts", "Whether a record is left of a generation that is over or in doubt");
}

function checkLeftovers({ corrupt, temporary, deadLocks }: PlacesLook): Check {
  if (corrupt === null && temporary === null && deadLocks === null) {
    return notChecked("leftovers", "What killed processes left behind");
  }
  const locks = deadLocks ?? 0;
  const swept = locks === 0 ? "" : `; owner locks of ended processes, kept for a day: ${locks}`;
  if (corrupt !== null && corrupt.length > 0) {
    return warning(
      "leftovers",
      `State files that could not be understood were moved aside: ${shortList(corrupt)}${swept}`,
      "look at them, then delete them",
    );
  }
  const files = temporary ?? [];
  return files.length === 0
    ? ok("leftovers", `No temporary or corrupt files are left${swept}`)
    : warning(
      "leftovers",
      `Killed processes left temporary files: ${shortList(files)}${swept}`,
      "delete them; the next generate removes most",
    );
}

/**
 * Records that name this server differently: as `localhost`, by another host name, by its address.
 */
function checkNames(report: DetectionReport): Check {
  const names = new Set(
    [...report.active, ...report.uncertain].flatMap(({ record }) =>
      record.serverUrl === null || isSameServerUrl(record.serverUrl, report.serverUrl)
        ? []
        : [record.serverUrl]
    ),
  );
  if (names.size > 0) {
    return ok(
      "server_names",
      `The same server is recorded under other addresses: ${shortList([...names])}`,
    );
  }
  return isAllRead(report)
    ? ok("server_names", "All records of this server use the same address")
    : notChecked("server_names", "Whether records use another address of this server");
}

function checkElsewhere(report: DetectionReport): Check {
  const { elsewhere } = report;
  if (elsewhere.length === 0) {
    return isAllRead(report)
      ? ok("other_servers", "No records of other servers")
      : notChecked("other_servers", "Whether there are records of other servers");
  }
  const named = elsewhere.map(({ serverUrl, records, isShared }) =>
    `${serverUrl} (${records}${isShared ? ", named by a shared file: not to be trusted" : ""})`
  );
  const text = `Records of other servers are not counted: ${shortList(named)}`;
  // No message advises an address that others may have written.
  return elsewhere.some(({ isShared }) => isShared)
    ? ok("other_servers", text)
    : ok("other_servers", text, "--api-url asks another server");
}
