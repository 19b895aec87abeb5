/** Why a server gave no report of its own, as an error for people. */
import { foundText, serverAdvice } from "../detection/answer.ts";
import { firstSilent } from "../detection/report.ts";
import type { DetectionReport, Evidence } from "../detection/report.ts";
import {
  AppError,
  PermissionError,
  ServerRefusedError,
  ServerUnreachableError,
  UsageError,
  withAdvice,
} from "../errors.ts";

/** The error of `status`; `null` if the server answered. */
export function statusProblem(report: DetectionReport): AppError | null {
  const { reach, serverUrl } = report;
  const first = firstSilent(report);
  const found = foundText(first);
  switch (reach) {
    case "online":
      return null;
    case "not_asked": {
      if (first?.reason === "setting") return new UsageError(found);
      if (first?.reason === "not_asked") {
        return new AppError("unknown", `Not known whether ${serverUrl} is busy: ${found}`);
      }
      const needs = first?.needs ?? "--allow-net";
      return new PermissionError(
        `Cannot ask ${serverUrl}: ${withAdvice(found, `add ${needs}`)}`,
        needs,
      );
    }
    case "refused": {
      // The refusal itself usually says which of the two is required.
      const refused = withAdvice(found, "give --token, or --api-key for its header");
      return new ServerRefusedError(`Cannot ask ${serverUrl}: ${refused}`);
    }
    case "offline": {
      const advice = serverAdvice(first?.reason) ?? "is it SwarmUI's address?";
      return new ServerUnreachableError(
        `Cannot ${hasAnswered(first) ? "ask" : "reach"} ${serverUrl}: ${withAdvice(found, advice)}`,
      );
    }
    default:
      return reach satisfies never;
  }
}

/** Says whether something answered, although not with a report: a gateway, another program. */
function hasAnswered(first: Evidence | undefined): boolean {
  return first?.putOff !== undefined || first?.reason === "not_swarmui" ||
    first?.reason === "protocol";
}

/** Why an idle server does not count as idle with `--require-exact`; `null` if it does. */
export function certaintyProblem(report: DetectionReport): AppError | null {
  if (report.verdict !== "idle" || report.basis === "exact") return null;
  return new AppError(
    "unknown",
    `Cannot be certain that ${report.serverUrl} is idle: not visible: ` +
      `${report.blindSpots.join("; ")} (or leave out --require-exact)`,
  );
}
