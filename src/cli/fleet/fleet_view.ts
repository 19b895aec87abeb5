/** What is shown for all servers together, made from the newest report of each. */
import { arrangeFleet, fleetVerdict } from "../../detection/fleet.ts";
import type { FleetServer, NamedReport } from "../../detection/fleet.ts";
import type { Verdict } from "../../detection/verdict.ts";
import type { AppError } from "../../errors.ts";
import { ServerUnreachableError } from "../../errors.ts";
import type { Claim, ClaimsReading } from "../../generation/claim.ts";
import { fleetDocument } from "../../render/fleet/fleet_document.ts";
import type { DocumentError } from "../../render/status/status_document.ts";
import { statusWarnings } from "../../render/status/status_text.ts";
import { claimsOn } from "../claims/claims_on.ts";
import { documentError } from "../exit.ts";
import { statusProblem } from "../status_problem.ts";

/** All servers, in the order in which they are shown. */
export interface FleetView {
  readonly servers: readonly FleetServer[];
  readonly verdict: Verdict;
  /** Why a server gave no answer, by its name. */
  readonly problems: ReadonlyMap<string, AppError | null>;
  /** The claims on each server, by its name; `null`: not known. */
  readonly claims: ReadonlyMap<string, readonly Claim[] | null>;
  /** What was unusual about the records, which all servers share; each warning once. */
  readonly warnings: readonly string[];
}

/**
 * Combines the reports.
 *
 * @param claimed The claims on all servers, and the name of this machine. @default {not known}
 */
export function viewFleet(
  reports: readonly NamedReport[],
  claimed: { readonly reading: ClaimsReading; readonly host: string | null } | null = null,
): FleetView {
  const servers = arrangeFleet(reports);
  return {
    servers,
    verdict: fleetVerdict(servers),
    problems: new Map(servers.map(({ name, report }) => [name, statusProblem(report)])),
    claims: new Map(
      reports.map(({ name, report }) => [
        name,
        claimed && claimsOn(claimed.reading, { report, host: claimed.host }),
      ]),
    ),
    warnings: [...new Set(reports.flatMap(({ report }) => statusWarnings(report)))],
  };
}

/** The document for all servers, `schemas/status_all.v1.json`. */
export function documentOf(
  { servers, verdict, problems, claims }: FleetView,
  error: DocumentError | null,
): Readonly<Record<string, unknown>> {
  const errors = new Map([...problems].map(([name, problem]) => [name, documentError(problem)]));
  return fleetDocument(servers, { errors, claims, verdict, error });
}

/** Why no server answered; `null` if one did: the problems of the others are in their rows. */
export function silenceOf({ servers, problems }: FleetView): AppError | null {
  const found = servers.map(({ name }) => problems.get(name) ?? null);
  if (found.includes(null)) return null;
  const [first] = found;
  if (found.length === 1) return first ?? null;
  const refusal = found.find((problem) => problem?.code !== "unreachable");
  return refusal ?? new ServerUnreachableError(
    `Cannot get the status of any of the ${found.length} servers (the reasons are above)`,
  );
}
