/**
 * Several servers as text: the verdict of all, a row for each, and why some are not known. Pure.
 */
import { countFleet } from "../../detection/fleet.ts";
import type { FleetServer } from "../../detection/fleet.ts";
import type { Verdict } from "../../detection/verdict.ts";
import type { Claim } from "../../generation/claim.ts";
import { holderText } from "../status/claim.ts";
import { escapeForTerminal } from "../escape.ts";
import { fittedTable } from "../lists/list_table.ts";
import type { Column } from "../lists/list_table.ts";
import { VERDICT_COLORS } from "../status/status_text.ts";
import { formatCount, formatDuration } from "../text.ts";
import { verdictText } from "../status/verdict_text.ts";
import { wrapText } from "../wrap_text.ts";

const COLUMNS: readonly Column<FleetServer>[] = [
  { name: "server", text: ({ name, partOf }) => partOf === null ? name : `  ${name}` },
  { name: "verdict", text: ({ report }) => report.verdict },
  { name: "running", text: ({ report }) => countText(report.images.running) },
  { name: "queued", text: ({ report }) => countText(report.images.queued) },
  { name: "remaining", text: remainingText },
  { name: "model", text: modelText },
];

/** What is said of the servers beside their rows. */
interface FleetTextOptions {
  readonly verdict: Verdict;
  /** Columns of the terminal. */
  readonly width: number;
  /** The claims on each server, by its name. @default {none} */
  readonly claims?: ReadonlyMap<string, readonly Claim[] | null>;
  /** What was odd, and is told behind all else. @default {[]} */
  readonly warnings?: readonly string[];
}

/** Makes the text; it ends with a line break. */
export function fleetText(
  servers: readonly FleetServer[],
  options: FleetTextOptions & { readonly isColored: boolean },
): string {
  const { verdict, isColored } = options;
  const sentence = fleetSentence(servers, verdict);
  const head = isColored ? `\x1b[${VERDICT_COLORS[verdict]}m${sentence}\x1b[39m` : sentence;
  const { text } = fittedTable(servers, COLUMNS, { width: options.width, isAsked: false });
  const notes = notesOf(servers, options);
  return [`${head}\n`, text, ...notes.length === 0 ? [] : [notes.join("")]].join("\n");
}

/**
 * The text for a screen of few rows: if not all servers find room, those that work or are in trouble
 * come first, and the others are counted. It ends with a line break.
 */
export function fleetScreenText(
  servers: readonly FleetServer[],
  options: FleetTextOptions & { readonly rows: number },
): string {
  const { verdict, rows, width } = options;
  const whole = wrapText(fleetText(servers, { ...options, isColored: false }), width);
  if (countLines(whole) <= rows) return whole;
  const head = `${fleetSentence(servers, verdict)}\n`;
  // The sentence, the headings and the line that counts the rest.
  const room = Math.max(1, rows - 3);
  const isWhole = servers.length <= room;
  const shown = isWhole ? servers : mostImportant(servers, room);
  const rest = servers.filter((server) => !shown.includes(server));
  const { text } = fittedTable(shown, COLUMNS, { width, isAsked: false });
  const notes = isWhole
    ? notesOf(servers, options).slice(0, room - servers.length)
    : [`and ${rest.length} more: ${countVerdicts(rest)}\n`];
  return `${head}${text}${notes.join("")}`;
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}

const IMPORTANCE: readonly Verdict[] = ["busy", "unreachable", "unknown", "idle"];

/** So many of them, still in their order. */
function mostImportant(servers: readonly FleetServer[], count: number): readonly FleetServer[] {
  const chosen = new Set(
    IMPORTANCE.flatMap((verdict) => servers.filter(({ report }) => report.verdict === verdict))
      .slice(0, count),
  );
  return servers.filter((server) => chosen.has(server));
}

function countVerdicts(servers: readonly FleetServer[]): string {
  return IMPORTANCE.map((verdict) => ({
    verdict,
    count: servers.filter(({ report }) => report.verdict === verdict).length,
  })).filter(({ count }) => count > 0).map(({ verdict, count }) => `${count} ${verdict}`)
    .join(", ");
}

/** Why servers are not known, who holds some of them, and what else there is to tell, one line each. */
function notesOf(
  servers: readonly FleetServer[],
  { warnings = [], claims = new Map() }: FleetTextOptions,
): readonly string[] {
  const reasons = servers.filter(({ report }) =>
    report.verdict === "unknown" || report.verdict === "unreachable"
  ).map(({ name, report }) => `${name}: ${verdictText(report)}\n`);
  const holders = servers.flatMap(({ name, report }) =>
    (claims.get(name) ?? []).map((claim) => `${name}: ${holderText(claim, report.takenAt)}\n`)
  );
  const parts = servers.some(({ partOf }) => partOf !== null)
    ? ["A server below another is its backend, or the same: its work is the other's work too.\n"]
    : [];
  return [...reasons, ...holders, ...parts, ...warnings.map((warning) => `Warning: ${warning}\n`)]
    .map(escapeLine);
}

/** What is true of all in one sentence: `Busy: 1 of 3 servers`. */
export function fleetSentence(servers: readonly FleetServer[], verdict: Verdict): string {
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
