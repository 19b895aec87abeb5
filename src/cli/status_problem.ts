/** Why a server gave no report of its own, as an error for people. */
import { reasonText, serverAdvice } from "../detection/answer.ts";
import type { DetectionReport } from "../detection/report.ts";
import {
  AppError,
  PermissionError,
  ServerRefusedError,
  ServerUnreachableError,
  UsageError,
  withAdvice,
} from "../errors.ts";

/** What `status` has to complain of; `null` if the server answered. */
export function statusProblem(report: DetectionReport): AppError | null {
  const { reach, serverUrl } = report;
  const first = report.evidence.find((one) => one.tier === "server" && !one.answered);
  const reason = first?.reason;
  const found = first?.message ?? (reason && reasonText(reason)) ?? "no answer";
  switch (reach) {
    case "online":
      return null;
    case "not_asked": {
      if (reason === "setting") return new UsageError(found);
      const needs = first?.needs ?? "--allow-net";
      return new PermissionError(
        `Cannot ask ${serverUrl}: ${withAdvice(found, `add ${needs}`)}`,
        needs,
      );
    }
    case "refused": {
      // The refusal itself mostly says which of the two is wanted.
      const refused = withAdvice(found, "give --token, or --api-key for its header");
      return new ServerRefusedError(`Cannot ask ${serverUrl}: ${refused}`);
    }
    case "offline":
      return new ServerUnreachableError(
        `Cannot reach ${serverUrl}: ${
          withAdvice(found, serverAdvice(reason) ?? "is it SwarmUI's address?")
        }`,
      );
    default:
      return reach satisfies never;
  }
}

/** Why an idle server does not count as idle for those who want certainty; `null` if it does. */
export function certaintyProblem(report: DetectionReport): AppError | null {
  if (report.verdict !== "idle" || report.basis === "exact") return null;
  return new AppError(
    "unknown",
    `Cannot be certain that ${report.serverUrl} is idle: not visible: ` +
      `${report.blindSpots.join("; ")} (or leave out --require-exact)`,
  );
}
