/** Why a wait for several servers did not succeed, as an error. Pure. */
import { AppError, lowerFirst } from "../../errors.ts";
import type { FleetWaitResult } from "../../render/fleet/fleet_wait_document.ts";
import { fleetMissedText } from "../../render/fleet/fleet_wait_text.ts";
import { formatCount } from "../../render/text.ts";
import type { WaitTextRules } from "../../render/wait_text.ts";
import { writeDuration } from "../quantities.ts";
import { goalText, waitProblem } from "../wait/wait_problem.ts";

/** The error; `null` if what was waited for has come. */
export function fleetWaitProblem(result: FleetWaitResult, about: {
  readonly rules: WaitTextRules;
  /** The value of `--timeout`; `Infinity` without it. */
  readonly timeoutMs: number;
  /** Whether the last looks were printed on the lines above. */
  readonly isToldAbove: boolean;
}): AppError | null {
  const { rules, timeoutMs, isToldAbove } = about;
  const { want, ended, server, ends } = result;
  const count = formatCount(ends.size, "server");
  const whom = want === "any" ? `any of ${count}` : `all of ${count}`;
  function withLook(said: string): string {
    return isToldAbove ? said : `${said}; ${lowerFirst(fleetMissedText(result, rules))}`;
  }
  switch (ended) {
    case "idle":
    case "online":
    case "busy":
      return null;
    case "not_yet": {
      const idle = rules.idleForMs === 0 ? "idle" : `idle for ${rules.idleFor} yet`;
      const [none, all] = rules.idleForMs === 0 ? ["is", "are"] : ["has been", "have been"];
      return new AppError(
        "busy",
        withLook(
          want === "any"
            ? `None of ${count} ${none} ${idle}`
            : `Not all of ${count} ${all} ${idle}`,
        ),
      );
    }
    case "timed_out":
      return new AppError(
        "timed_out",
        withLook(
          timeoutMs === 0
            ? `Did not wait for ${whom}${goalText(rules)}, because of --timeout 0`
            : `Timed out after ${writeDuration(timeoutMs)} waiting for ${whom}${goalText(rules)}`,
        ),
      );
    case "interrupted":
      return new AppError("interrupted", `Interrupted while waiting for ${whom}`);
    case "unknown":
    case "unreachable": {
      const end = server === null ? undefined : ends.get(server);
      const found = end && waitProblem(end, { ...about, isToldAbove: true });
      return new AppError(
        found?.code ?? ended,
        `Cannot wait for ${whom}: ${server}: ${lowerFirst(found?.message ?? "not known")}`,
      );
    }
    default:
      return ended satisfies never;
  }
}
