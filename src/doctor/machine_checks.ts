/** What this machine and Deno allow. Pure. */
import { reasonText } from "../detection/answer.ts";
import type { Evidence } from "../detection/report.ts";
import type { Check } from "./check.ts";
import { capitalised, checksOf, shortList } from "./check.ts";
import type { DoctorFacts, Variable } from "./facts.ts";
import { checkProxy } from "./proxy_check.ts";
import type { DirectoryTrial, LockSupport } from "./places.ts";

const { ok, warning, missing, notChecked } = checksOf("machine");

/** Checks grants, directories, locks and modes. */
export function checkMachine(facts: DoctorFacts): readonly Check[] {
  const { stateDirectory, userDirectory, places } = facts;
  return [
    checkNet(facts.report.evidence),
    checkVariables(facts.variables),
    checkHost(facts.host),
    checkDirectory("state_directory", stateDirectory, "the state file's directory"),
    checkLocks("state_locks", stateDirectory, "the state file's directory"),
    checkDirectory("user_directory", userDirectory, "the user's state directory"),
    checkLocks("user_locks", userDirectory, "the user's state directory"),
    checkModes(places.openToOthers),
    checkHeldLocks(places.heldLocks),
    checkProxy(facts.report, facts.proxies),
  ];
}

function checkNet(evidence: readonly Evidence[]): Check {
  const denied = evidence.find(({ tier, reason }) => tier === "server" && reason === "permission");
  if (denied === undefined) return ok("net_permission", "Deno may connect to the server");
  const found = denied.message ?? reasonText("permission");
  return missing("net_permission", capitalised(found), `add ${denied.needs}`);
}

function checkVariables(variables: readonly Variable[]): Check {
  const hidden = variables.filter(({ mayRead }) => !mayRead).map(({ name }) => name);
  return hidden.length === 0
    ? ok("environment", "Deno may read the variables ASSET_GENERATOR_*")
    : missing(
      "environment",
      `Deno may not read ${shortList(hidden, 2)}, so settings in them are not seen`,
      "add '--allow-env=ASSET_GENERATOR_*'",
    );
}

/**
 * Without a host name a free owner lock is not believed, and the heartbeat decides
 * (`docs/detection.md`).
 */
function checkHost(host: string | null): Check {
  return host === null
    ? missing(
      "hostname",
      "Deno may not read this machine's name, so a killed generation looks alive for 30 s longer",
      "add --allow-sys=hostname",
    )
    : ok("hostname", `This machine is called ${host}`);
}

function checkDirectory(id: string, trial: DirectoryTrial, name: string): Check {
  switch (trial.kind) {
    case "works": {
      const later = trial.exists ? "" : ", which is made when it is first needed";
      return ok(id, `Files in ${name} can be written, renamed and read: ${trial.path}${later}`);
    }
    case "permission": {
      const found = trial.canRead
        ? `Deno may read but not write ${name}, so nothing is published there: ${trial.path}`
        : `Deno may not use ${name}: ${trial.path}`;
      return missing(id, found, `add ${trial.needs}`);
    }
    case "not_there":
      return notChecked(id, `${capitalised(name)} is not there yet: ${trial.path}`);
    case "no_place":
      return missing(
        id,
        `No variable that may be read says where ${name} is`,
        trial.needs === null ? "set ASSET_GENERATOR_STATE_DIR" : `add ${trial.needs}`,
      );
    case "not_private":
      return warning(
        id,
        `${capitalised(name)} is not used: ${trial.found}: ${trial.path}`,
        trial.advice,
      );
    case "failed":
      return warning(
        id,
        `${capitalised(name)} cannot be used: ${trial.message}: ${trial.path}`,
        id === "state_directory"
          ? "name another place with --state-file"
          : "name another place with ASSET_GENERATOR_STATE_DIR",
      );
    default:
      return trial satisfies never;
  }
}

function checkLocks(id: string, trial: DirectoryTrial, name: string): Check {
  if (trial.kind !== "works") {
    return notChecked(id, `Whether locks work in ${name}: no file could be made there`);
  }
  const fault = lockFault(trial.locks);
  if (fault === null) return ok(id, `Locks work in ${name}`);
  const harm = id === "state_locks"
    ? "processes that write at once may lose each other's records"
    : "only its heartbeat shows whether a generation's process is alive";
  return warning(
    id,
    `Locks do not work in ${name} (${fault}), so ${harm}`,
    id === "state_locks"
      ? "name a local file with --state-file"
      : "name a local directory with ASSET_GENERATOR_STATE_DIR",
  );
}

function lockFault(locks: LockSupport): string | null {
  switch (locks.kind) {
    case "works":
      return null;
    case "ignored":
      return "a second handle got the lock too";
    case "refused":
      return locks.message;
    default:
      return locks satisfies never;
  }
}

function checkModes(open: readonly string[] | null): Check {
  if (open === null) return notChecked("private_modes", "Whether others may read kept sessions");
  return open.length === 0
    ? ok("private_modes", "Nobody else may read the kept sessions")
    : warning(
      "private_modes",
      `Other users may read what holds sessions: ${shortList(open)}`,
      "close it with chmod go-rwx",
    );
}

function checkHeldLocks(held: readonly string[] | null): Check {
  if (held === null) {
    return notChecked("held_locks", "Whether a process holds the locks of the records");
  }
  return held.length === 0 ? ok("held_locks", "No process holds the records' locks") : warning(
    "held_locks",
    `Another process holds ${shortList(held)}, so nothing can be published there`,
    "continue or end the process that is stopped",
  );
}
