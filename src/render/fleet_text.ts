/**
 * Several servers as text: the verdict of all, a row for each, and why some are not known. Pure.
 */
import { countFleet } from "../detection/fleet.ts";
import type { FleetServer } from "../detection/fleet.ts";
import type { Verdict } from "../detection/verdict.ts";
import { escapeForTerminal } from "./escape.ts";
import { fittedTable } from "./list_table.ts";
import type { Column } from "./list_table.ts";
import { VERDICT_COLORS } from "./status_text.ts";
import { formatCount, formatDuration } from "./text.ts";
import { verdictText } from "./verdict_text.ts";

const COLUMNS: readonly Column<FleetServer>[] = [
  { name: "server", text: ({ name, partOf }) => partOf === null ? name : `  ${name}` },
  { name: "verdict", text: ({ report }) => report.verdict },
  { name: "running", text: ({ report }) => countText(report.images.running) },
  { name: "queued", text: ({ report }) => countText(report.images.queued) },
  { name: "remaining", text: remainingText },
  { name: "model", text: modelText },
];

/** Makes the text; it ends with a line break. */
export function fleetText(servers: readonly FleetServer[], options: {
  readonly verdict: Verdict;
  /** Columns of the terminal. */
  readonly width: number;
  readonly isColored: boolean;
}): string {
  const { verdict, isColored } = options;
  const sentence = sentenceOf(servers, verdict);
  const head = isColored ? `\x1b[${VERDICT_COLORS[verdict]}m${sentence}\x1b[39m` : sentence;
  const { text } = fittedTable(servers, COLUMNS, { width: options.width, isAsked: false });
  const reasons = servers.filter(({ report }) =>
    report.verdict === "unknown" || report.verdict === "unreachable"
  ).map(({ name, report }) => `${name}: ${verdictText(report)}\n`);
  const parts = servers.some(({ partOf }) => partOf !== null)
    ? ["A server below another is its backend, or the same: its work is the other's work too.\n"]
    : [];
  return [
    `${head}\n`,
    text,
    ...[...reasons, ...parts].length === 0 ? [] : [[...reasons, ...parts].map(escapeLine).join("")],
  ].join("\n");
}

function sentenceOf(servers: readonly FleetServer[], verdict: Verdict): string {
  const { all, such } = countFleet(servers, verdict);
  const of = `${such} of ${formatCount(all, "server")}`;
  switch (verdict) {
    case "busy":
      return `Busy: ${of}`;
    case "idle":
      return all === 1 ? "Idle" : `Idle: all ${all} servers`;
    case "unknown":
      return `Unknown: ${of}`;
    case "unreachable":
      return `Unreachable: ${of}`;
    default:
      return verdict satisfies never;
  }
}

function escapeLine(line: string): string {
  return `${escapeForTerminal(line.trimEnd())}\n`;
}

/** Unknown counts are left empty, never zero. */
function countText(count: number | null): string | null {
  return count === null ? null : `${count}`;
}

/** The time until the last of the server's own generations is done, if all of them give one. */
function remainingText({ report }: FleetServer): string | null {
  const left = report.active.map(({ remainingMs }) => remainingMs);
  const known = left.filter((each) => each !== null);
  if (known.length === 0 || known.length < left.length) return null;
  return `about ${formatDuration(Math.max(...known))}`;
}

function modelText({ report }: FleetServer): string | null {
  const loaded = new Set(report.backends?.flatMap(({ modelLoaded }) => modelLoaded ?? []) ?? []);
  return loaded.size === 0 ? null : [...loaded].join(", ");
}
