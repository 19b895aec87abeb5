/** The text of a wait for several servers. Pure. */
import { lowerFirst } from "../../errors.ts";
import { escapeForTerminal } from "../escape.ts";
import { fleetSentence } from "./fleet_text.ts";
import type { FleetWaitResult } from "./fleet_wait_document.ts";
import { formatCount, formatDuration } from "../text.ts";
import { verdictText } from "../status/verdict_text.ts";
import type { WaitEnd } from "../wait_document.ts";
import type { WaitTextRules } from "../wait_text.ts";

/** How long a server has been idle. */
export interface ServerQuiet {
  readonly name: string;
  /** Milliseconds; `null`: it is not idle. */
  readonly quietMs: number | null;
}

/**
 * Makes the text; it ends with a line break. With `wait --any` it is only the name of the idle
 * server, for scripts.
 */
export function fleetWaitText(result: FleetWaitResult, rules: WaitTextRules): string {
  return `${escapeForTerminal(endText(result, rules))}\n`;
}

function endText(result: FleetWaitResult, rules: WaitTextRules): string {
  const { ended, server, ends } = result;
  if (ended === rules.goal) {
    if (server !== null) return server;
    const count = result.servers.length;
    const servers = count === 1 ? "the only server" : `all ${count} servers`;
    if (ended !== "idle") return `${ended === "online" ? "Online" : "Busy"}: ${servers}`;
    const quiet = Math.min(...[...ends.values()].map(({ step }) => quietOf(step) ?? 0));
    const time = rules.idleForMs === 0 ? "" : ` for ${formatDuration(quiet)}`;
    return `Idle${time}: ${servers}`;
  }
  const decisive = server === null ? undefined : ends.get(server);
  if (decisive !== undefined && (ended === "unknown" || ended === "unreachable")) {
    return `${server}: ${verdictText(decisive.report)}`;
  }
  const text = fleetMissedText(result, rules);
  const isEarly = ended === "timed_out" || ended === "interrupted";
  const isMissed = rules.goal !== "idle" || !text.startsWith("Idle");
  return isEarly && isMissed ? `Still ${lowerFirst(text)}` : text;
}

/** The last looks of a wait that did not succeed. */
export function fleetMissedText(
  { want, servers, verdict, ends }: FleetWaitResult,
  rules: WaitTextRules,
): string {
  const quiets = [...ends].map(([name, { step }]) => ({ name, quietMs: quietOf(step) }));
  const quiet = rules.idleForMs === 0 ? null : fleetQuietText(quiets, { want, rules });
  if (quiet !== null) return quiet;
  const text = fleetSentence(servers, verdict);
  // The exit code says otherwise.
  return rules.goal === "idle" && text.startsWith("Idle") ? `${text}, but not for certain` : text;
}

/** `Idle for 2s of 10m: gpu2`; `null` if no server is idle, or if all must be and some are not. */
export function fleetQuietText(servers: readonly ServerQuiet[], about: {
  readonly want: "any" | "all";
  readonly rules: WaitTextRules;
}): string | null {
  const { want, rules } = about;
  const quiet = servers.flatMap(({ name, quietMs }) => quietMs === null ? [] : [{ name, quietMs }]);
  const isEnough = want === "all" ? quiet.length === servers.length : quiet.length > 0;
  if (!isEnough) return null;
  const sorted = quiet.toSorted((a, b) => a.quietMs - b.quietMs);
  const decisive = want === "all" ? sorted[0] : sorted.at(-1);
  if (decisive === undefined) return null;
  const who = want === "all" ? formatCount(servers.length, "server") : decisive.name;
  return `Idle for ${formatDuration(decisive.quietMs)} of ${rules.idleFor}: ${who}`;
}

/** Milliseconds of idle time; `null` if there was none. */
function quietOf(step: WaitEnd["step"]): number | null {
  return "quietMs" in step && (step.ended === "idle" || step.quietMs > 0) ? step.quietMs : null;
}
