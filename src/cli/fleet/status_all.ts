/** `status --all`: one look at every server of the configuration file. */
import type { Detection } from "../../detection/detect.ts";
import type { NamedReport } from "../../detection/fleet.ts";
import { mapBounded } from "../../detection/map_bounded.ts";
import { fleetText } from "../../render/fleet/fleet_text.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, exitCodeOfVerdict } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import { lookSettled, openObserver, readClaims } from "../observer.ts";
import { reportResult } from "../report_result.ts";
import { certaintyProblem } from "../status_problem.ts";
import { AT_ONCE, openFleet } from "./fleet_contexts.ts";
import type { FleetMember } from "./fleet_contexts.ts";
import { documentOf, silenceOf, viewFleet } from "./fleet_view.ts";

/** What a look may take beyond one time-out, in milliseconds. */
const SPARE_MS = 500;
/** What may be added to that where a look settles, in milliseconds; see `lookSettled()`. */
const SETTLING_MS = 11_000;
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
  const { clock } = context;
  const [reports, reading] = await Promise.all([
    mapBounded(members, AT_ONCE, (member) => lookAt(member, { ...how, clock })),
    readClaims(context),
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

/**
 * Looks at one server. What is asked one after another shares one time limit: a server that answers
 * the first questions and then hangs must not keep the others waiting for a second time-out.
 */
async function lookAt(
  member: FleetMember,
  { models, settles, clock }: StatusAllOptions & Pick<CommandContext, "clock">,
): Promise<NamedReport> {
  const startedMs = clock.monotonicMs();
  const context = await member.context;
  const { adapters, settings } = context;
  let isFirst = true;
  let untilMs = startedMs + settings.requestTimeoutMs.value + SPARE_MS;
  const limited = { ...adapters, swarmServer: () => adapters.swarmServer(settings, () => untilMs) };
  const opened = await openObserver({ ...context, adapters: limited });
  const observer = {
    ...opened,
    async look(options: Parameters<typeof opened.look>[0]): Promise<Detection> {
      const detection = await opened.look(options);
      if (isFirst) untilMs = clock.monotonicMs() + SETTLING_MS;
      isFirst = false;
      return detection;
    },
  };
  const detection = settles
    ? await lookSettled({ observer, context }, { models })
    : await observer.look({ models });
  await observer.prune(detection);
  return { name: member.name, report: detection.report };
}
