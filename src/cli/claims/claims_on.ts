/** The claims that a command shows beside what it saw of a server. */
import type { DetectionReport } from "../../detection/report.ts";
import { type Claim, type ClaimsReading, holderOf } from "../../generation/claim.ts";

/**
 * Chooses the claims on the server of a report.
 *
 * @param reading What was read of all claims.
 * @param seen.host Name of this machine, to which an address such as `localhost` belongs.
 * @returns `null`: not known.
 */
export function claimsOn(
  reading: ClaimsReading,
  { report, host }: { readonly report: DetectionReport; readonly host: string | null },
): readonly Claim[] | null {
  if (!reading.answered) return null;
  const { serverUrl, identity } = report;
  const server = { serverUrl, serverId: identity?.serverId ?? null, host };
  return reading.claims.filter((claim) => holderOf(server, [claim]) !== null);
}
