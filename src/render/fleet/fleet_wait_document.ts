/** The end of a wait for several servers as one JSON document, `schemas/wait_all.v1.json`. Pure. */
import type { FleetServer } from "../../detection/fleet.ts";
import type { WaitRules } from "../../detection/state_wait.ts";
import type { Verdict } from "../../detection/verdict.ts";
import type { DocumentError } from "../status/status_document.ts";
import { quietSeconds, waitDocument } from "../wait_document.ts";
import type { WaitEnd } from "../wait_document.ts";

/** How a wait for several servers ended. */
export interface FleetWaitResult {
  readonly want: "any" | "all";
  readonly ended: WaitEnd["step"]["ended"];
  /** The server that decided it; `null`: no single one did. */
  readonly server: string | null;
  /** In the order in which they are shown. */
  readonly servers: readonly FleetServer[];
  readonly verdict: Verdict;
  /** The result for each server, by its name. */
  readonly ends: ReadonlyMap<string, WaitEnd>;
  readonly waitedMs: number;
}

/** Makes the document: the one of `wait` for each server, and how the whole wait ended. */
export function fleetWaitDocument(result: FleetWaitResult, about: {
  readonly rules: WaitRules;
  /** Why a server gave no answer, by its name. */
  readonly errors: ReadonlyMap<string, DocumentError | null>;
  readonly error: DocumentError | null;
}): Readonly<Record<string, unknown>> {
  const { rules, errors } = about;
  const { want, ended, server, servers, ends } = result;
  const quiet = [...ends.values()].map(({ step }) => quietSeconds(step));
  return {
    schema_version: 1,
    verdict: result.verdict,
    servers: servers.map(({ name, partOf, report }) => ({
      name,
      part_of: partOf,
      ...waitDocument(ends.get(name) ?? noLook(report), {
        rules,
        error: errors.get(name) ?? null,
      }),
    })),
    wait: {
      for: want,
      condition: rules.goal,
      ended,
      server,
      quiet_seconds: want === "all" ? Math.min(...quiet) : Math.max(...quiet),
      idle_for_seconds: rules.idleForMs / 1000,
      assumed: rules.assume,
      waited_seconds: Math.round(result.waitedMs / 100) / 10,
    },
    error: about.error,
  };
}

function noLook(report: FleetServer["report"]): WaitEnd {
  return { step: { ended: "not_yet", quietMs: 0 }, report, waitedMs: 0 };
}
