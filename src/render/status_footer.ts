/** What is said below a report: records of other servers, what could not be seen and how to see it. */
import type { DetectionReport, Evidence } from "../detection/report.ts";
import { escapeForTerminal } from "./escape.ts";
import { formatCount } from "./text.ts";

/** Makes the lines below a report; each ends with a line break. `null`: there is nothing to say. */
export function statusFooter(report: DetectionReport): string | null {
  const lines = report.elsewhere.map(({ serverUrl, records, isShared }) =>
    `Not counted: ${formatCount(records, "record")} of another server, ${serverUrl}` +
    (isShared ? " (named by a shared file: not to be trusted)" : "")
  );
  if (report.blindSpots.length > 0) {
    const needs = [...new Set(report.evidence.filter(seesWork).flatMap((one) => one.needs ?? []))];
    const how = needs.length === 0 ? "" : ` (to see it: ${needs.join(", ")})`;
    lines.push(`Not visible: ${[...new Set(report.blindSpots)].join("; ")}${how}`);
  }
  const problems = report.evidence.flatMap((one) => [...unread(one), ...one.problems ?? []]);
  lines.push(...problems.map((problem) => `Warning: ${problem}`));
  if (lines.length === 0) return null;
  return lines.map((line) => `${escapeForTerminal(line)}\n`).join("");
}

/** Models and resources tell nothing of work: their rights would not make more of it visible. */
function seesWork({ source }: Evidence): boolean {
  return source !== "models" && source !== "resources";
}

/** Why records could not be read, where no flag helps; why the server did not answer is told as an error. */
function unread({ tier, reason, message }: Evidence): readonly string[] {
  return tier === "records" && reason === "failed" && message !== undefined ? [message] : [];
}
