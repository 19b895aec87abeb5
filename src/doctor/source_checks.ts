/** Checks what each source of the server tells this user. Pure. */
import { lastOf } from "../detection/report.ts";
import type { DetectionReport, Evidence, ReportedBackend } from "../detection/report.ts";
import { isComfyBackend } from "../detection/swarm_server.ts";
import type { Check } from "./check.ts";
import { capitalised, checksOf, shortList } from "./check.ts";
import { howToGrant, UPDATE_MENU } from "./swarm_rights.ts";

/** What older SwarmUI servers cannot tell (`swarmui-protocol.md §10, §13`). */
interface Feature {
  readonly what: string;
  /** From this version on it certainly exists. */
  readonly since: readonly [number, number, number, number];
}

const FEATURES: readonly Feature[] = [
  { what: "sessions that survive its restart", since: [0, 9, 2, 0] },
  { what: "the counters of all users (GetGlobalStatus)", since: [0, 9, 7, 1] },
  { what: "counters by user (ListConnectedUsers)", since: [0, 9, 7, 1] },
];

/** The first version that answers everything that this tool asks. */
const FULL_VERSION = "0.9.7.1";

const { ok, warning, missing, notChecked } = checksOf("server");

/** Checks the version, the counters, the backends and ComfyUI's queues. */
export function checkSources(report: DetectionReport): readonly Check[] {
  return [
    checkVersion(report),
    checkGlobal(report),
    checkList(report),
    checkQueues(report),
    checkBackends(report),
  ];
}

function checkVersion(report: DetectionReport): Check {
  const version = report.identity?.version ?? null;
  const global = lastOf(report, "global_status");
  if (version === null) return notChecked("version", "The server's version is not known");
  const lacking = lackingIn(version);
  if (lacking === null) return ok("version", `SwarmUI ${version}`);
  // A server between two versions may have it; whether it answers is more reliable.
  const really = global?.answered === true
    ? lacking.filter((what) => !what.includes("GetGlobalStatus"))
    : lacking;
  if (really.length === 0) return ok("version", `SwarmUI ${version}`);
  return warning(
    "version",
    `SwarmUI ${version} is older than ${FULL_VERSION} and may lack ${really.join(", ")}`,
    `update it: ${UPDATE_MENU}`,
  );
}

/** What a version lacks, in words; `null` if the version cannot be compared. */
export function lackingIn(version: string): readonly string[] | null {
  const found = /^(\d+)\.(\d+)\.(\d+)(?:\.(\d+))?(?![\d])/.exec(version);
  if (found === null) return null;
  const numbers = found.slice(1).map((part) => Number(part ?? 0));
  return FEATURES.filter(({ since }) => isBefore(numbers, since)).map(({ what }) => what);
}

function isBefore(version: readonly number[], since: readonly number[]): boolean {
  for (const [index, wanted] of since.entries()) {
    const there = version[index] ?? 0;
    if (there !== wanted) return there < wanted;
  }
  return false;
}

function checkGlobal(report: DetectionReport): Check {
  return checkSource(report, lastOf(report, "global_status"), {
    id: "global_status",
    ok: "The counters of all users can be read (GetGlobalStatus)",
    name: "the counters of all users (GetGlobalStatus)",
  });
}

function checkList(report: DetectionReport): Check {
  return checkSource(report, lastOf(report, "backend_status"), {
    id: "backends",
    ok: `The backends can be listed: ${report.backends?.length ?? 0} (ListBackends)`,
    name: "the list of backends (ListBackends)",
  });
}

function checkQueues(report: DetectionReport): Check {
  const id = "comfy_queue";
  const evidence = lastOf(report, "comfy_queue");
  if (report.backends !== null && !report.backends.some(isComfyBackend)) {
    return warning(id, "There is no ComfyUI backend whose queue could be asked");
  }
  if (evidence === undefined) {
    return notChecked(id, "ComfyUI's queues: no ComfyUI backend is running");
  }
  if (evidence.reason === "not_supported") {
    return warning(id, "The server has no ComfyUI whose queue could be asked");
  }
  const count = evidence.detail["backends"];
  return checkSource(report, evidence, {
    id,
    ok: count === undefined
      ? "ComfyUI's queue of the first running backend can be read"
      : `ComfyUI's queue of every running backend can be read: ${count}`,
    name: "ComfyUI's queues",
  });
}

function checkSource(report: DetectionReport, evidence: Evidence | undefined, words: {
  readonly id: string;
  readonly ok: string;
  readonly name: string;
}): Check {
  const { id, name } = words;
  if (evidence?.answered) return ok(id, words.ok);
  const { reason, needs, message } = evidence ?? {};
  switch (reason) {
    case "not_permitted":
      return missing(
        id,
        `This user may not read ${name}`,
        needs === undefined ? "ask who runs the server" : howToGrant(needs),
      );
    case "not_supported":
      return missing(
        id,
        `The server is too old for ${name}`,
        `update it to ${FULL_VERSION} or later: ${UPDATE_MENU}`,
      );
    default:
      return report.reach === "online" && reason !== undefined
        ? warning(id, `No answer about ${name}: ${message ?? reason}`, "try again")
        : notChecked(id, capitalised(name));
  }
}

function checkBackends({ backends, vanished }: DetectionReport): Check {
  const id = "backend_states";
  if (backends === null) return notChecked(id, "The states of the backends");
  const standings = [...backends.map(({ standing }) => standing), ...vanished];
  const doubts = standings.flatMap((one) =>
    one?.kind === "doubtful" && one.cause !== "no_answer" ? [one.why] : []
  );
  if (doubts.length > 0) {
    return warning(id, `Nothing can be said until it passes: ${shortList(doubts)}`, "wait a while");
  }
  const off = backends.filter(({ status }) => ["errored", "idle", "disabled"].includes(status));
  if (off.length > 0) {
    return warning(
      id,
      `Assumed to have no work, which nobody can see: ${shortList(off.map(nameOf))}`,
      "see Server → Backends",
    );
  }
  const others = backends.filter((one) => !isComfyBackend(one) && one.standing !== null);
  return others.length === 0 ? ok(id, "No backend is starting or broken") : warning(
    id,
    `No ComfyUI of this server, so not all of their work is visible: ${
      shortList(others.map(nameOf))
    }`,
  );
}

function nameOf(backend: ReportedBackend): string {
  return `backend ${backend.id} (${backend.type}) is ${backend.status}`;
}
