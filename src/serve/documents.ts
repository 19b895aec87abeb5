/** The documents of `serve`: of the only server, or of all servers of the configuration file. */
import { arrangeFleet, fleetVerdict } from "../detection/fleet.ts";
import type { SeenReport, SharedLook } from "../detection/shared_look.ts";
import type { Verdict } from "../detection/verdict.ts";
import { activeDocument } from "../render/status/active_document.ts";
import type { SeenEnd } from "../render/status/active_document.ts";
import { claimDocuments } from "../render/status/claim.ts";
import { fleetDocument } from "../render/fleet/fleet_document.ts";
import { fleetSentence } from "../render/fleet/fleet_text.ts";
import { statusDocument } from "../render/status/status_document.ts";
import { verdictText } from "../render/status/verdict_text.ts";

/** A server whose state is served. */
export interface ServedServer {
  /** Its name in the configuration file; `null`: it is the only one. */
  readonly name: string | null;
  readonly look: SharedLook;
}

/** A look at a server, as it is served. */
export interface ServedLook extends SeenReport {
  /** The server's name; empty: it is the only one. */
  readonly name: string;
  /** How old the look is. */
  readonly ageMs: number;
  /** What ended last there, the newest first. */
  readonly ends: readonly SeenEnd[];
}

/** What was seen, in the forms in which it is served. */
export interface Documents {
  readonly verdict: Verdict;
  /** Why, in a sentence; may hold foreign text. */
  sentence(): string;
  /** As `status --format json` prints it. */
  status(): unknown;
  /** `schemas/active.v1.json`, or `active_all.v1.json`. */
  active(): unknown;
}

/** The documents of one server. */
export function documentsOf({ report, error, claims, ageMs, ends }: ServedLook): Documents {
  return {
    verdict: report.verdict,
    sentence: () => verdictText(report),
    status: () => statusDocument(report, error, claimDocuments(claims, report.takenAt)),
    active: () => activeDocument(report, { error, ageMs, ends }),
  };
}

/** The documents of several servers, with the verdict of all. */
export function documentsOfAll(all: readonly ServedLook[]): Documents {
  const servers = arrangeFleet(all);
  const verdict = fleetVerdict(servers);
  const byName = new Map(all.map((seen) => [seen.name, seen]));
  const [first] = all;
  // The problems of some are in their own documents.
  const error = all.every((seen) => seen.error !== null) ? first?.error ?? null : null;
  return {
    verdict,
    sentence: () => fleetSentence(servers, verdict),
    status: () =>
      fleetDocument(servers, {
        errors: new Map(all.map((seen) => [seen.name, seen.error])),
        claims: new Map(all.map((seen) => [seen.name, seen.claims])),
        verdict,
        error,
      }),
    active: () => ({
      schema_version: 1,
      verdict,
      summary: fleetSentence(servers, verdict),
      servers: servers.flatMap(({ name, partOf }) => {
        const seen = byName.get(name);
        if (seen === undefined) return [];
        const document = documentsOf(seen).active() as Readonly<Record<string, unknown>>;
        return [{ name, part_of: partOf, ...document }];
      }),
      error,
    }),
  };
}
