/** `status --all`: one look at every server of the configuration file. */
import { arrangeFleet, fleetVerdict } from "../../detection/fleet.ts";
import type { FleetServer, NamedReport } from "../../detection/fleet.ts";
import { mapBounded } from "../../detection/map_bounded.ts";
import { ServerUnreachableError } from "../../errors.ts";
import type { AppError } from "../../errors.ts";
import { fleetDocument } from "../../render/fleet_document.ts";
import { fleetText } from "../../render/fleet_text.ts";
import type { CommandContext } from "../context.ts";
import { describeFailure, EXIT, exitCodeOfVerdict } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { GlobalOptions } from "../global_options.ts";
import { lookSettled, openObserver } from "../observer.ts";
import { reportResult } from "../report_result.ts";
import { certaintyProblem, statusProblem } from "../status_problem.ts";
import { openFleet } from "./fleet_contexts.ts";
import type { FleetMember } from "./fleet_contexts.ts";

/** How many servers are asked at the same time. */
const AT_ONCE = 64;

/** The width of a table in a pipe, where nothing is cut. */
const PIPE_WIDTH = 1_000;

/** The options of `status` of all servers. */
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
  const reports = await mapBounded(members, AT_ONCE, (member) => lookAt(member, how));
  const servers = arrangeFleet(reports);
  const verdict = fleetVerdict(servers);
  const problems = new Map(servers.map(({ name, report }) => [name, statusProblem(report)]));
  const uncertain = how.requiresExact && verdict === "idle"
    ? servers.map(({ report }) => certaintyProblem(report)).find((found) => found !== null) ?? null
    : null;
  const errors = new Map(
    [...problems].map(([name, problem]) => {
      const failure = problem && describeFailure(problem);
      return [name, failure && { code: failure.code, message: failure.message }];
    }),
  );
  const exitCode = await reportResult(context, {
    document: (error) => fleetDocument(servers, { errors, verdict, error }),
    text: () =>
      fleetText(servers, {
        verdict,
        width: context.output.isOnTerminal ? context.terminal.columns() : PIPE_WIDTH,
        isColored: context.output.isColored,
      }),
    problem: silence(servers, problems) ?? uncertain,
    exitCodeAnswers: how.answersByExitCode,
  });
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

/**
 * The error if no server answered; `null` if one did: the problems of the others are in their rows.
 */
function silence(
  servers: readonly FleetServer[],
  problems: ReadonlyMap<string, AppError | null>,
): AppError | null {
  const found = servers.map(({ name }) => problems.get(name) ?? null);
  if (found.includes(null)) return null;
  const [first] = found;
  if (found.length === 1) return first ?? null;
  const refusal = found.find((problem) => problem?.code !== "unreachable");
  return refusal ?? new ServerUnreachableError(
    `Cannot get the status of any of the ${found.length} servers (the reasons are above)`,
  );
}
