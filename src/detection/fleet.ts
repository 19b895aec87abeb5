/** Several servers at once: which belong together, and the verdict of all. Pure. */
import { isLoopback, isSameServerUrl } from "../generation/server/server_url.ts";
import type { DetectionReport } from "./report.ts";
import type { Verdict } from "./verdict.ts";

/** The report of a server that has a name in the configuration file. */
export interface NamedReport {
  readonly name: string;
  readonly report: DetectionReport;
}

/** A server and its place among the others. */
export interface FleetServer extends NamedReport {
  /** The server that this one is a backend of, or the same as; `null`: neither. */
  readonly partOf: string | null;
}

/**
 * Finds the servers that are parts of others, and puts them behind those. Two names of one server
 * are recognised by its id; a SwarmUI that is another one's backend by the address that the other
 * lists (`swarmui-protocol.md §20.4`), or by its id.
 */
export function arrangeFleet(reports: readonly NamedReport[]): readonly FleetServer[] {
  const wholes = new Map<string, string>();
  for (const one of reports) {
    const whole = reports.find((other) => other !== one && isPart(one, other, reports));
    // Servers may list each other in a circle; then one of them stays on top.
    if (whole !== undefined && !isBelow(whole.name, one.name, wholes)) {
      wholes.set(one.name, whole.name);
    }
  }
  const servers = reports.map((one) => ({ ...one, partOf: wholes.get(one.name) ?? null }));
  return servers.filter(({ partOf }) => partOf === null).flatMap((whole) => [
    whole,
    ...partsOf(whole.name, servers),
  ]);
}

function isBelow(name: string, top: string, wholes: ReadonlyMap<string, string>): boolean {
  for (let at: string | undefined = name; at !== undefined; at = wholes.get(at)) {
    if (at === top) return true;
  }
  return false;
}

/** The parts of a server, each followed by its own parts. */
function partsOf(name: string, servers: readonly FleetServer[]): readonly FleetServer[] {
  return servers.filter(({ partOf }) => partOf === name).flatMap((part) => [
    part,
    ...partsOf(part.name, servers),
  ]);
}

function isPart(
  { report }: NamedReport,
  other: NamedReport,
  reports: readonly NamedReport[],
): boolean {
  const isListed =
    other.report.backends?.some(({ remoteUrl }) =>
      remoteUrl !== undefined && isSameServerUrl(remoteUrl, report.serverUrl) &&
      // The other server's localhost is another machine's.
      (!isLoopback(remoteUrl) || isLoopback(other.report.serverUrl))
    ) ?? false;
  if (isListed) return true;
  const id = report.identity?.serverId ?? null;
  if (id === null || id !== other.report.identity?.serverId) return false;
  // The same server twice: the first one stays on top.
  const index = (report: DetectionReport): number =>
    reports.findIndex((each) => each.report === report);
  return index(other.report) < index(report);
}

/** Counts the servers, and those that have a verdict. A part is counted with its whole. */
export function countFleet(
  servers: readonly FleetServer[],
  verdict: Verdict,
): { readonly all: number; readonly such: number } {
  const groups = new Map<string, boolean>();
  let whole = "";
  for (const { name, partOf, report } of servers) {
    // Parts stand behind their whole.
    if (partOf === null) whole = name;
    groups.set(whole, groups.get(whole) === true || report.verdict === verdict);
  }
  return { all: groups.size, such: [...groups.values()].filter((isSuch) => isSuch).length };
}

/**
 * The verdict of all servers: busy if any is busy, idle only if all are idle, else unknown if any
 * is unknown, else unreachable. No server at all counts as unknown.
 */
export function fleetVerdict(servers: readonly NamedReport[]): Verdict {
  const verdicts = servers.map(({ report }) => report.verdict);
  if (verdicts.includes("busy")) return "busy";
  if (verdicts.length > 0 && verdicts.every((verdict) => verdict === "idle")) return "idle";
  if (verdicts.length === 0 || verdicts.includes("unknown")) return "unknown";
  return "unreachable";
}
