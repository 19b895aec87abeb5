/** Several servers as one JSON document, `schemas/status_all.v1.json`. Pure. */
import type { FleetServer } from "../../detection/fleet.ts";
import type { Verdict } from "../../detection/verdict.ts";
import type { Claim } from "../../generation/claim.ts";
import { claimDocuments } from "../status/claim.ts";
import { statusDocument } from "../status/status_document.ts";
import type { DocumentError } from "../status/status_document.ts";

/** Makes the document: the document of `status` for each server, with its name. */
export function fleetDocument(servers: readonly FleetServer[], of: {
  /** Why a server gave no answer, by its name. */
  readonly errors: ReadonlyMap<string, DocumentError | null>;
  /** The claims on each server, by its name; `null`: not known. */
  readonly claims: ReadonlyMap<string, readonly Claim[] | null>;
  readonly verdict: Verdict;
  readonly error: DocumentError | null;
}): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    verdict: of.verdict,
    servers: servers.map(({ name, partOf, report }) => ({
      name,
      part_of: partOf,
      ...statusDocument(
        report,
        of.errors.get(name) ?? null,
        claimDocuments(of.claims.get(name) ?? null, report.takenAt),
      ),
    })),
    error: of.error,
  };
}
