/** Why a server gave no report of its own, as an error for people. */
import type { DetectionReport, Evidence } from "../detection/report.ts";
import { deniedProxy } from "../detection/report.ts";
import {
  AppError,
  PermissionError,
  ServerRefusedError,
  ServerUnreachableError,
  withAdvice,
} from "../errors.ts";

/** What `status` has to complain of; `null` if the server answered. */
export function statusProblem(report: DetectionReport): AppError | null {
  const { reach, serverUrl } = report;
  const first = report.evidence.find((one) => one.tier === "server" && !one.answered);
  const found = first?.message ?? "no answer";
  switch (reach) {
    case "online":
      return null;
    case "not_asked": {
      const needs = first?.needs ?? "--allow-net";
      const denied = deniedProxy(first ?? {});
      return new PermissionError(
        `Cannot ask ${serverUrl}: ${denied ?? "Deno's permission is missing"} (add ${needs})`,
        needs,
      );
    }
    case "refused": {
      // The refusal itself mostly says which of the two is wanted.
      const refused = withAdvice(found, "give --token, or --api-key for its header");
      return new ServerRefusedError(`Cannot ask ${serverUrl}: it refused, ${refused}`);
    }
    case "offline":
      return new ServerUnreachableError(
        `Cannot reach ${serverUrl}: ${withAdvice(found, advice(first))}`,
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

function advice(evidence: Evidence | undefined): string {
  switch (evidence?.reason) {
    case "timeout":
      return "is it busy or stopped? --request-timeout gives it longer";
    case "not_swarmui":
    case "protocol":
      return "is --api-url right?";
    default:
      return "is SwarmUI running? is --api-url right?";
  }
}
