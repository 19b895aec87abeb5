/**
 * The answer to "is a generation in progress, and how do we know?", from which every output is
 * made. What is not known is `null`, never zero. It holds no session id.
 */
import type { GenerationRecord } from "../generation/generation.ts";
import type { ServerWork } from "../generation/records/liveness.ts";
import type { Owner } from "../generation/records/owner.ts";
import type { Scope } from "../generation/records/store.ts";
import type { NoAnswerReason, PutOff } from "./answer.ts";
import type { ComfyJobs, Images } from "./merge.ts";
import type { Standing } from "./standing.ts";
import type { Backend, ModelTotals, ServerIdentity, ServerResources } from "./swarm_server.ts";
import type { Basis, Reach, Verdict } from "./verdict.ts";

/** One source's evidence: whether it answered, how long that took, what it is good for. */
export interface Evidence {
  readonly tier: "records" | "process" | "server";
  /** Which source of the tier. */
  readonly source?: string;
  readonly scope?: Scope;
  readonly answered: boolean;
  readonly reason?: NoAnswerReason;
  /** What would make it answer: a Deno flag or `permission <SwarmUI permission id>`. */
  readonly needs?: string;
  /** For people, why it did not answer; foreign text. */
  readonly message?: string;
  /** Set if it was put off with an HTTP status that passes by itself. */
  readonly putOff?: PutOff;
  readonly elapsedMs: number;
  /** What it can see. */
  readonly sees: string;
  /** What it said, in numbers. */
  readonly detail: Readonly<Record<string, number | string | null>>;
  /** For people: what was odd. */
  readonly problems?: readonly string[];
}

/** A generation that a record tells of. */
export interface ReportedGeneration {
  readonly record: GenerationRecord;
  readonly scopes: readonly Scope[];
  readonly owner: Owner;
  readonly server: ServerWork;
  readonly orphaned: boolean;
  readonly verified: boolean;
  /** Whether it waits for a backend, so that nothing is made of it now; `null`: not known. */
  readonly queued: boolean | null;
  /** What is left, in milliseconds, as its owner reckons; `null`: not known. */
  readonly remainingMs: number | null;
}

/** A backend with ComfyUI's own queue, where that is known, and what it adds. */
export interface ReportedBackend extends Backend {
  readonly queueRemaining: number | null;
  /** What it adds to the verdict; `null` of a child, which is a part of its remote SwarmUI. */
  readonly standing: Standing | null;
}

/** See the top of this file. Times are epoch milliseconds. */
export interface DetectionReport {
  readonly takenAt: number;
  readonly serverUrl: string;
  readonly reach: Reach;
  /** How long the fastest answer of the server took. */
  readonly responseTimeMs: number | null;
  readonly identity: ServerIdentity | null;
  readonly verdict: Verdict;
  readonly likely: "idle" | null;
  readonly generationsRunning: number | null;
  readonly basis: Basis;
  readonly active: readonly ReportedGeneration[];
  readonly uncertain: readonly ReportedGeneration[];
  /**
   * Records of other servers, by their URL; they are not counted. `isShared`: only files that
   * others can change name this URL, so no message advises to ask there; absent: no.
   */
  readonly elsewhere: readonly {
    readonly serverUrl: string;
    readonly records: number;
    readonly isShared?: boolean;
  }[];
  readonly images: Images;
  readonly comfyJobs: ComfyJobs;
  /** `null`: the server did not list them. */
  readonly backends: readonly ReportedBackend[] | null;
  /** What recently deleted backends add. */
  readonly vanished: readonly Standing[];
  readonly models: ModelTotals | null;
  readonly resources: ServerResources | null;
  readonly evidence: readonly Evidence[];
  /** What could be running without being seen. */
  readonly blindSpots: readonly string[];
}

/** A backend that SwarmUI keeps full until it is restarted or gone; `undefined`: there is none. */
export function reservedBackend(
  { backends }: Pick<DetectionReport, "backends">,
): ReportedBackend | undefined {
  return backends?.find(({ standing }) => standing?.kind === "at_work" && standing.isReserved);
}

/**
 * The first question to the server without an answer. If a whole server gives none, this is why.
 */
export function firstSilent({ evidence }: Pick<DetectionReport, "evidence">): Evidence | undefined {
  return evidence.find((one) => one.tier === "server" && !one.answered);
}

/**
 * Says whether all records that may exist here were read. Only then is work that no record explains
 * certain to have been started elsewhere; else it may be this user's own.
 */
export function seesAllRecords({ evidence }: Pick<DetectionReport, "evidence">): boolean {
  return evidence.filter(({ tier }) => tier === "records").every(({ answered, problems, detail }) =>
    answered && problems === undefined && detail["unread"] === undefined
  );
}

/** The server's sources that the verdict depends on. */
export const VERDICT_SOURCES = ["global_status", "comfy_queue", "backend_status"];

/** The last evidence of a source of the server. */
export function lastOf(
  { evidence }: Pick<DetectionReport, "evidence">,
  source: string,
): Evidence | undefined {
  return evidence.findLast((one) => one.tier === "server" && one.source === source);
}
