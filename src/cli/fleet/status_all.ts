/** `status --all`: one look at every server of the configuration file. */
import type { NamedReport } from "../../detection/fleet.ts";
import { mapBounded } from "../../detection/map_bounded.ts";
import { fleetText } from "../../render/fleet_text.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, exitCodeOfVerdict } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import { lookSettled, openObserver } from "../observer.ts";
import { reportResult } from "../report_result.ts";
import { certaintyProblem } from "../status_problem.ts";
import { AT_ONCE, openFleet } from "./fleet_contexts.ts";
import type { FleetMember } from "./fleet_contexts.ts";
import { documentOf, silenceOf, viewFleet } from "./fleet_view.ts";

/** The width where there is no terminal: nothing is shortened. */
export const PIPE_WIDTH = 1_000;

/** The options of `status --all`. */
export interface StatusAllOptions {
  readonly models: boolean;
  readonly settles: boolean;
  readonly answersByExitCode: boolean;
  readonly requiresExact: boolean;
}

/** Asks all servers at the same time, each with its own time limit, and writes the answers. */
export async function statusAll(
  options: GlobalOptions,
  context: CommandContext,
  how: StatusAllOptions,
): Promise<ExitCode> {
  const members = openFleet(options, context, "--all");
  const [reports, reading] = await Promise.all([
    mapBounded(members, AT_ONCE, (member) => lookAt(member, how)),
    context.adapters.claims(context.settings).then((store) => store.list()),
  ]);
  const view = viewFleet(reports, { reading, host: context.hostname() });
  const { servers, verdict, claims } = view;
  const uncertain = how.requiresExact && verdict === "idle"
    ? servers.map(({ report }) => certaintyProblem(report)).find((found) => found !== null) ?? null
    : null;
  const exitCode = await reportResult(context, {
    document: (error) => documentOf(view, error),
    text: () =>
      fleetText(servers, {
        verdict,
        claims,
        width: context.output.isOnTerminal ? context.terminal.columns() : PIPE_WIDTH,
        isColored: context.output.isColored,
      }),
    problem: silenceOf(view) ?? uncertain,
    exitCodeAnswers: how.answersByExitCode,
  });
  // A document contains the warnings; as text they come after the answer.
  if (context.output.format === "table") {
    for (const warning of view.warnings) await context.messages.warning(warning);
  }
  return how.answersByExitCode && uncertain === null && exitCode !== EXIT.failed
    ? exitCodeOfVerdict(verdict)
    : exitCode;
}

async function lookAt(member: FleetMember, how: StatusAllOptions): Promise<NamedReport> {
  const context = await member.context;
  const observer = await openObserver(context);
  const detection = how.settles
    ? await lookSettled({ observer, context }, { models: how.models })
    : await observer.look({ models: how.models });
  await observer.prune(detection);
  return { name: member.name, report: detection.report };
}
