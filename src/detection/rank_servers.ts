/** Decides which of several servers to generate on. Pure. */
import type { GenerationRecord } from "../generation/generation.ts";
import { isSameServerUrl } from "../generation/server/server_url.ts";
import type { DetectionReport } from "./report.ts";
import { isChild } from "./swarm_server.ts";

/** How well a server suits, best first. */
const SUITABILITY = ["ready", "idle", "busy", "unknown"] as const;

/** What is known of a server that could generate. */
export interface Rank {
  readonly suitability: (typeof SUITABILITY)[number];
  /**
   * Images that it still has to make, including those that are about to be sent; `null`: not known.
   */
  readonly outstanding: number | null;
  /** Backends that run, at least 1. */
  readonly backends: number;
}

/** A server and how well it suits. */
export interface Ranked<Server> {
  readonly server: Server;
  readonly rank: Rank;
}

/** By what servers are ranked. */
interface RankBy {
  /** Whether a model that is loaded on a server is the wanted one. */
  readonly isLoaded: (model: string) => boolean;
  /** Of generations that run; some may be newer than the reports. */
  readonly records: readonly GenerationRecord[];
}

/**
 * The servers that can be used, the best first: idle before busy, then by the images outstanding for
 * each backend. One that did not answer, or refused, cannot be used.
 */
export function rankServers<Server extends { readonly report: DetectionReport }>(
  servers: readonly Server[],
  by: RankBy,
): readonly Ranked<Server>[] {
  return servers.flatMap((server): readonly Ranked<Server>[] => {
    const rank = rankOf(server.report, by);
    return rank === null ? [] : [{ server, rank }];
  }).toSorted((one, other) => compare(one.rank, other.rank));
}

function rankOf(report: DetectionReport, { isLoaded, records }: RankBy): Rank | null {
  if (report.reach !== "online") return null;
  const running = (report.backends ?? []).filter((backend) =>
    backend.status === "running" && !isChild(backend)
  );
  const announced = announcedImages(report, records);
  const { outstanding: counted } = report.images;
  const outstanding = counted === null ? null : counted + announced;
  const backends = Math.max(1, running.length);
  if (report.verdict === "busy" || announced > 0) {
    return { suitability: "busy", outstanding, backends };
  }
  if (report.verdict !== "idle") return { suitability: "unknown", outstanding, backends };
  const isReady = running.some(({ modelLoaded }) => modelLoaded !== null && isLoaded(modelLoaded));
  return { suitability: isReady ? "ready" : "idle", outstanding, backends };
}

/** Images of generations on this server whose records were too new for the report. */
function announcedImages(
  { active, serverUrl: url }: DetectionReport,
  records: readonly GenerationRecord[],
): number {
  const seen = new Set(active.map(({ record }) => record.id));
  return records
    .filter(({ id, serverUrl }) =>
      !seen.has(id) && serverUrl !== null && isSameServerUrl(serverUrl, url)
    )
    .reduce((sum, { imagesTotal, imagesDone }) => sum + (imagesTotal ?? 1) - (imagesDone ?? 0), 0);
}

function compare(one: Rank, other: Rank): number {
  const bySuitability = SUITABILITY.indexOf(one.suitability) -
    SUITABILITY.indexOf(other.suitability);
  if (bySuitability !== 0) return bySuitability;
  const [mine, others] = [load(one), load(other)];
  return mine === others ? 0 : mine - others;
}

/** "Not known" counts as more than any number. */
function load({ outstanding, backends }: Rank): number {
  return outstanding === null ? Number.MAX_VALUE : outstanding / backends;
}
