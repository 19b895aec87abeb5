/** Decides which of several servers to generate on. Pure. */
import type { DetectionReport } from "./report.ts";
import { isChild } from "./swarm_server.ts";

/** How well a server suits, best first. */
export type Suitability = "ready" | "idle" | "busy" | "unknown";

const ORDER: readonly Suitability[] = ["ready", "idle", "busy", "unknown"];

/** What is known of a server that could generate. */
export interface RankedServer {
  readonly suitability: Suitability;
  /**
   * Images that it still has to make, including those that are about to be sent; `null`: not known.
   */
  readonly outstanding: number | null;
  /** Backends that run, at least 1. */
  readonly backends: number;
}

/**
 * Says how well a server suits.
 *
 * @param about.isLoaded Whether a model that is loaded there is the wanted one.
 * @param about.announced Images of generations whose records were too new for the report.
 * @returns `null` if it cannot be used: it did not answer, or refused.
 */
export function rankServer(report: DetectionReport, about: {
  readonly isLoaded: (model: string) => boolean;
  readonly announced: number;
}): RankedServer | null {
  if (report.reach !== "online") return null;
  const running = (report.backends ?? []).filter((backend) =>
    backend.status === "running" && !isChild(backend)
  );
  const { outstanding: counted } = report.images;
  const outstanding = counted === null ? null : counted + about.announced;
  const backends = Math.max(1, running.length);
  if (report.verdict === "busy" || about.announced > 0) {
    return { suitability: "busy", outstanding, backends };
  }
  if (report.verdict !== "idle") return { suitability: "unknown", outstanding, backends };
  const isReady = running.some(({ modelLoaded }) =>
    modelLoaded !== null && about.isLoaded(modelLoaded)
  );
  return { suitability: isReady ? "ready" : "idle", outstanding, backends };
}

/** Compares for sorting: idle before busy, then by the images outstanding for each backend. */
export function compareServers(one: RankedServer, other: RankedServer): number {
  const bySuitability = ORDER.indexOf(one.suitability) - ORDER.indexOf(other.suitability);
  if (bySuitability !== 0) return bySuitability;
  const [mine, others] = [load(one), load(other)];
  return mine === others ? 0 : mine - others;
}

/** "Not known" counts as more than any number. */
function load({ outstanding, backends }: RankedServer): number {
  return outstanding === null ? Number.MAX_VALUE : outstanding / backends;
}
