/** Finds the generations that a command line means. Pure. */
import { isPrivate } from "../../detection/records_tier.ts";
import type { SeenRecord } from "../../detection/records_tier.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { type AppError, UsageError } from "../../errors.ts";
import { isOfServer } from "../../generation/server/server_url.ts";
import type { CancelCandidate } from "../../render/generation/cancel_document.ts";
import { listOf, quote } from "../values.ts";
import type { EndedGeneration } from "./ended_generation.ts";

const SHOWN_MAX = 5;

/** The choice on the command line. */
export interface WantedGenerations {
  /** An id or its beginning, with or without `gen-`. */
  readonly id: string | undefined;
  readonly all: boolean | undefined;
  /** With `all`: the smallest age in milliseconds. */
  readonly olderThan: number | undefined;
}

/** The generations to choose from. */
export interface KnownGenerations {
  readonly report: DetectionReport;
  /** Name of this machine; `null`: not known. */
  readonly host: string | null;
  /** All records of all servers. */
  readonly seen: readonly SeenRecord[];
  /** Why this user's records could not be read; `null` if they could. */
  readonly unread: AppError | null;
  /** What became of the named one if it has no record any more; `null`: not known. */
  readonly ended: EndedGeneration | null;
}

/** What was chosen. */
export type Choice =
  | {
    readonly targets: readonly SeenRecord[];
    /** Generations of other users, which `--all` leaves out. */
    readonly skipped: readonly SeenRecord[];
    /** This user's generations that are not old enough. */
    readonly younger: readonly SeenRecord[];
    readonly candidates: null;
  }
  /** Several could be meant. */
  | { readonly candidates: readonly CancelCandidate[] };

/**
 * Chooses the named generation, or all, or the only one.
 *
 * An id is searched first among the running generations, then among those that are over, then among
 * those of other servers.
 *
 * @throws {UsageError} If there is no such generation, or it is another server's.
 * @throws {AppError} `unread`, if it may be among the records that could not be read.
 */
export function chooseTargets(wanted: WantedGenerations, known: KnownGenerations): Choice {
  const { report } = known;
  const trackedIds = new Set(
    [...report.active, ...report.uncertain].map(({ record }) => record.id),
  );
  const tracked = known.seen.filter(({ record }) => trackedIds.has(record.id));
  if (wanted.all) {
    const isMeant = ({ record }: SeenRecord) =>
      report.takenAt - record.startedAt >= (wanted.olderThan ?? 0);
    const ofUser = tracked.filter(({ scopes }) => scopes.includes("user"));
    return {
      targets: ofUser.filter(isMeant),
      skipped: tracked.filter((each) => !ofUser.includes(each) && isMeant(each)),
      younger: ofUser.filter((each) => !isMeant(each)),
      candidates: null,
    };
  }
  if (wanted.id === undefined) return oneOf(tracked, report) ?? these([]);
  const rest = known.seen.filter(({ record }) => !trackedIds.has(record.id));
  const serverId = report.identity?.serverId ?? null;
  const server = { serverUrl: report.serverUrl, serverId, host: known.host };
  const over = rest.filter(({ record }) => isOfServer(record, server));
  const elsewhere = rest.filter(({ record }) => !isOfServer(record, server));
  for (const group of [tracked, over]) {
    const choice = oneOf(named(group, wanted.id), report);
    if (choice !== null) return choice;
  }
  throw notHere(wanted.id, { tracked, elsewhere: named(elsewhere, wanted.id), known });
}

function these(targets: readonly SeenRecord[]): Choice {
  return { targets, skipped: [], younger: [], candidates: null };
}

/** The only one, or several to choose from; `null`: there is none. */
function oneOf(records: readonly SeenRecord[], report: DetectionReport): Choice | null {
  if (records.length === 0) return null;
  if (records.length === 1) return these(records);
  const reported = new Map(
    [...report.active, ...report.uncertain].map((one) => [one.record.id, one]),
  );
  const candidates = records.map(({ record }): CancelCandidate =>
    reported.get(record.id) ?? { record, queued: null }
  );
  return { candidates: candidates.reverse() };
}

function named(records: readonly SeenRecord[], id: string): readonly SeenRecord[] {
  const names = [id, `gen-${id}`];
  const exact = records.filter(({ record }) => names.includes(record.id));
  if (exact.length > 0) return exact;
  return records.filter(({ record }) => names.some((name) => record.id.startsWith(name)));
}

function notHere(id: string, where: {
  readonly tracked: readonly SeenRecord[];
  readonly elsewhere: readonly SeenRecord[];
  readonly known: KnownGenerations;
}): AppError {
  const { tracked, elsewhere, known: { report, unread, ended } } = where;
  const [other] = elsewhere;
  if (other !== undefined && other.record.serverUrl !== null) {
    const { serverUrl } = other.record;
    if (!isPrivate(other.scopes)) {
      // Others may have written it: no message advises or shows their address.
      return new UsageError(
        `Cannot cancel ${quote(id)}: a shared state file says that it is a generation of another ` +
          `server than ${report.serverUrl} (cancel it as the user who started it)`,
      );
    }
    return new UsageError(
      `Cannot cancel ${quote(id)}: it is a generation of ${serverUrl}, not of ` +
        report.serverUrl,
      { addWords: ["--api-url", serverUrl] },
    );
  }
  // Without a noted end it may be running all the same.
  if (unread !== null && ended?.isNoted !== true) return unread;
  if (ended !== null) {
    return new UsageError(
      `Cannot cancel ${quote(ended.id)}: it is over (${ended.how}; asset-generator attach ` +
        `${ended.id} prints its result)`,
    );
  }
  const ids = tracked.slice(0, SHOWN_MAX).map(({ record }) => record.id);
  const hint = ids.length === 0
    ? "none is known here"
    : `there is ${listOf(ids)}${tracked.length > ids.length ? ", …" : ""}`;
  return new UsageError(
    `Cannot cancel ${quote(id)}: ${report.serverUrl} has no generation with that ID (${hint})`,
  );
}
