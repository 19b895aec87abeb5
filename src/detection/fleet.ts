/** Several servers at once: which belong together, and what is said of all. Pure. */
import { isSameServerUrl } from "../generation/server_url.ts";
import type { DetectionReport } from "./report.ts";
import type { Verdict } from "./verdict.ts";

/** What was seen of a server that the user has given a name. */
export interface NamedReport {
  readonly name: string;
  readonly report: DetectionReport;
}

/** A server among others. */
export interface FleetServer extends NamedReport {
  /** The server whose backend it is, or which is the same; `null`: none of the others. */
  readonly partOf: string | null;
}

/**
 * Says which servers are parts of others, and puts these behind their whole. The same server under two
 * names is told by its id; a SwarmUI that is another's backend by the address that the other lists
 * (`swarmui-protocol.md §20.4`), or by its id.
 */
export function arrangeFleet(reports: readonly NamedReport[]): readonly FleetServer[] {
  const wholes = new Map<string, string>();
  for (const one of reports) {
    const whole = reports.find((other) => other !== one && isPart(one, other, reports));
    // Servers may list each other in a circle, of which one stays the whole.
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

/** The parts of a server, each with its own parts behind it. */
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
      remoteUrl !== undefined && isSameServerUrl(remoteUrl, report.serverUrl)
    ) ?? false;
  if (isListed) return true;
  const id = report.identity?.serverId ?? null;
  if (id === null || id !== other.report.identity?.serverId) return false;
  // The same server twice: the first is the one.
  const index = (report: DetectionReport): number =>
    reports.findIndex((each) => each.report === report);
  return index(other.report) < index(report);
}

/** Says how many servers there are, and of how many a verdict is true; a part counts with its whole. */
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
 * The verdict of all: busy if any is, idle only if all are, else unknown if any is, else unreachable.
 * None is like one that nobody knows.
 */
export function fleetVerdict(servers: readonly NamedReport[]): Verdict {
  const verdicts = servers.map(({ report }) => report.verdict);
  if (verdicts.includes("busy")) return "busy";
  if (verdicts.length > 0 && verdicts.every((verdict) => verdict === "idle")) return "idle";
  if (verdicts.length === 0 || verdicts.includes("unknown")) return "unknown";
  return "unreachable";
}
