/** What the verdict can be here, and why it cannot be more certain. Pure. */
import { lastOf } from "../detection/report.ts";
import type { DetectionReport } from "../detection/report.ts";
import type { Reach } from "../detection/verdict.ts";
import { unknownReason } from "../detection/unknown_reason.ts";
import type { Check } from "./check.ts";
import { checksOf, shortList } from "./check.ts";

const { ok, warning, missing } = checksOf("verdict");

/**
 * What keeps the verdict from being certain; empty if nothing does. This is more than whether the
 * present verdict is known: a user who may not read the counters sees *busy* while an own
 * generation runs, but never *idle*.
 */
export function listObstacles(report: DetectionReport): readonly string[] {
  const obstacles = [...reachObstacles(report.reach), ...sourceObstacles(report)];
  // If the counters are known, a record is in doubt only beside other work, which is certainly
  // busy.
  if (report.uncertain.length > 0 && report.verdict !== "busy") {
    const ids = report.uncertain.map(({ record }) => record.id);
    obstacles.push(`nobody knows about ${shortList(ids)}`);
  }
  const unknown = unknownReason(report);
  return obstacles.length === 0 && unknown !== null ? [unknown.message] : obstacles;
}

function reachObstacles(reach: Reach): readonly string[] {
  switch (reach) {
    case "online":
      return [];
    case "refused":
      return ["the server requires a login or a header"];
    case "not_asked":
      return ["Deno may not connect to the server"];
    case "offline":
      return ["the server does not answer"];
    default:
      return reach satisfies never;
  }
}

function sourceObstacles(report: DetectionReport): readonly string[] {
  if (report.reach !== "online") return [];
  const obstacles: string[] = [];
  const { backends, evidence } = report;
  if (evidence.some((one) => one.source === "global_status" && !one.answered)) {
    obstacles.push("the counters of all users are not known");
  }
  const queues = lastOf(report, "comfy_queue");
  const isRefused = queues?.reason === "not_permitted";
  // For a user who may ask for neither, the counters alone decide about idle.
  const list = lastOf(report, "backend_status");
  if (backends === null && !(isRefused && list?.reason === "not_permitted")) {
    obstacles.push("the backends are not known");
  }
  if (backends !== null && queues?.answered === false && !isRefused) {
    obstacles.push(`a ComfyUI queue gave no answer (${queues.reason})`);
  }
  for (const { standing } of backends ?? []) {
    if (standing?.kind === "doubtful" && standing.cause !== "no_answer") {
      obstacles.push(standing.why);
    }
  }
  return obstacles;
}

/** Checks the verdict, and what it does not see. */
export function checkVerdict(
  report: DetectionReport,
  obstacles: readonly string[],
): readonly Check[] {
  return [judgeVerdict(report, obstacles), checkBlindSpots(report)];
}

function judgeVerdict(report: DetectionReport, obstacles: readonly string[]): Check {
  const likely = report.likely === null ? "" : `, likely ${report.likely}`;
  const now = `now it is ${report.verdict}${likely}`;
  if (obstacles.length > 0) {
    return missing(
      "verdict",
      `The verdict cannot be certain: ${obstacles.join("; ")}; ${now}`,
      "see above what is missing",
    );
  }
  return canBeExact(report) ? ok("verdict", `The verdict can be certain; ${now}`) : ok(
    "verdict",
    `It can be known whether the server is idle, but not for certain: see what is not visible; ${now}`,
  );
}

/**
 * Says whether idle can be known here for certain: no backend could hold work that is not visible.
 */
export function canBeExact({ backends, vanished }: DetectionReport): boolean {
  return backends !== null && backends.length > 0 && vanished.length === 0 &&
    backends.every(({ standing }) => standing !== null && !("spot" in standing));
}

function checkBlindSpots({ blindSpots }: DetectionReport): Check {
  return blindSpots.length === 0
    ? ok("blind_spots", "Nothing that this tool knows of can run unseen")
    : warning("blind_spots", `Not visible: ${[...new Set(blindSpots)].join("; ")}`);
}
