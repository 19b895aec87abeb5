import { UsageError } from "../../errors.ts";
import { statusDocument } from "../../render/status/status_document.ts";
import type { DetectionReport } from "../../detection/report.ts";
import type { Claim, ClaimsReading } from "../../generation/claim.ts";
import type { ClaimDocument } from "../../render/status/claim.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { exitCodeOfVerdict } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { switchOption, valueOption } from "../option.ts";
import { lookSettled, openObserver, readClaims } from "../observer.ts";
import { reportResult } from "../report_result.ts";
import { durationReader } from "../quantities.ts";
import type { AppError } from "../../errors.ts";

/** The options of `status`. */
export interface StatusOptions extends GlobalOptions {
  readonly all: boolean | undefined;
  readonly exitCode: boolean | undefined;
  readonly noModels: boolean | undefined;
  readonly noSettle: boolean | undefined;
  readonly requireExact: boolean | undefined;
  readonly watch: boolean | undefined;
  /** Milliseconds. */
  readonly interval: number | undefined;
}

/** `asset-generator status`. */
export const command: Command<StatusOptions> = {
  text: "Asks three sources at the same time: the records of this tool's own generations, this " +
    "process, and the server. If a source could not be asked, status says so; it never shows " +
    "unknown as idle. It works with whatever permissions Deno was given.\n\n" +
    "Exit codes: 0 the server answered, 4 it refused or was not asked, 5 it did not answer. With " +
    "--exit-code: 0 idle, 8 busy, 4 unknown, 5 unreachable.",
  examples: [
    { line: "status", does: "Look once" },
    { line: "status --watch", does: "Watch until Ctrl-C" },
    { line: "status --get verdict", does: "Print one word for a script" },
    { line: "status --exit-code --quiet && nightly-job", does: "Run something only when idle" },
    { line: "status --format json", does: "Everything that is known, as JSON" },
  ],
  options: {
    all: switchOption({
      brief: "Look at all servers of the configuration file at the same time",
    }),
    exitCode: switchOption({
      brief: "Answer with the exit code: 0 idle, 8 busy, 4 unknown, 5 unreachable",
    }),
    requireExact: switchOption({
      brief: "With --exit-code: 0 only if no work could be running unseen, else 4",
    }),
    noSettle: switchOption({
      brief: "Answer at once instead of looking again for 6 s where a backend may only seem idle",
    }),
    noModels: switchOption({
      brief: "Do not count the models; that is a large answer on a server with thousands",
    }),
    watch: switchOption({
      brief: "Look again and again until Ctrl-C; without a terminal, one line of JSON each time",
    }),
    interval: valueOption({
      placeholder: "DURATION",
      brief: "With --watch: time between two looks",
      default: "2s, longer if that misses nothing",
      read: durationReader({ minMs: 100, maxMs: 86_400_000 }),
    }),
    ...GLOBAL_OPTIONS,
  },
  asksMany: ({ all }) => all === true,
  run,
};

/** Asks once, writes the report, and removes the records of generations that are over. */
async function run(options: StatusOptions, context: CommandContext): Promise<ExitCode> {
  checkOptions(options);
  if (options.all && options.watch) {
    const { watchAll } = await import("../fleet/watch_all.ts");
    const how = { intervalMs: options.interval, models: !options.noModels };
    return await watchAll(options, context, how);
  }
  if (options.all) {
    const { statusAll } = await import("../fleet/status_all.ts");
    return await statusAll(options, context, {
      models: !options.noModels,
      settles: !options.noSettle,
      answersByExitCode: options.exitCode === true,
      requiresExact: options.requireExact === true,
    });
  }
  if (options.watch) {
    // Loaded only if it is wanted, because `status` must start fast.
    const { watchStatus } = await import("../watch/watch_status.ts");
    const how = { intervalMs: options.interval, models: !options.noModels };
    return await watchStatus(how, context);
  }
  const observer = await openObserver(context);
  const models = !options.noModels;
  const [detection, known] = await Promise.all([
    options.noSettle ? observer.look({ models }) : lookSettled({ observer, context }, { models }),
    readClaims(context),
  ]);
  const { report } = detection;
  const { claims, claimed } = await claimsOn(known, { report, context });
  const { problem, isUncertain } = await problemOf(report, options.requireExact ?? false);
  const exitCode = await reportResult(context, {
    document: (error) => statusDocument(report, error, claimed),
    text: async () => {
      const { output } = context;
      const { statusText } = await texts();
      return await output.wrapped(statusText(report, { isColored: output.isColored, claims }));
    },
    problem,
    exitCodeAnswers: options.exitCode === true,
  });
  // A document contains them; in the text they come after the answer.
  if (context.output.format === "table") {
    const { statusWarnings } = await texts();
    for (const warning of statusWarnings(report)) await context.messages.warning(warning);
  }
  await observer.prune(detection);
  return options.exitCode && !isUncertain ? exitCodeOfVerdict(report.verdict) : exitCode;
}

/**
 * Why the report is not what was asked for; `isUncertain`: it says idle, but that is not certain. What
 * words it is loaded only where it may be needed.
 */
async function problemOf(
  report: DetectionReport,
  requiresExact: boolean,
): Promise<{ readonly problem: AppError | null; readonly isUncertain: boolean }> {
  if (report.reach === "online" && !requiresExact) return { problem: null, isUncertain: false };
  const { certaintyProblem, statusProblem } = await import("../status_problem.ts");
  const uncertain = requiresExact ? certaintyProblem(report) : null;
  return { problem: statusProblem(report) ?? uncertain, isUncertain: uncertain !== null };
}

/** The texts for people, which a script that wants JSON does not load. */
function texts(): Promise<typeof import("../../render/status/status_text.ts")> {
  return import("../../render/status/status_text.ts");
}

/** The claims on the server that was looked at. What judges claims is loaded only if there are any. */
async function claimsOn(
  reading: ClaimsReading,
  { report, context }: { readonly report: DetectionReport; readonly context: CommandContext },
): Promise<{
  readonly claims: readonly Claim[] | null;
  readonly claimed: readonly ClaimDocument[] | null;
}> {
  if (!reading.answered) return { claims: null, claimed: null };
  if (reading.claims.length === 0) return { claims: [], claimed: [] };
  const [{ claimsOn }, { claimDocuments }] = await Promise.all([
    import("../claims/claims_on.ts"),
    import("../../render/status/claim.ts"),
  ]);
  const claims = claimsOn(reading, { report, host: context.hostname() });
  return { claims, claimed: claimDocuments(claims, report.takenAt) };
}

function checkOptions(options: StatusOptions): void {
  if (!options.watch && options.interval !== undefined) {
    throw new UsageError("Cannot use --interval without --watch");
  }
  if (options.requireExact && !options.exitCode) {
    throw new UsageError("Cannot use --require-exact without --exit-code");
  }
  if (!options.watch) return;
  if (options.quiet && options.format !== "json") {
    throw new UsageError(
      "Cannot use --watch with --quiet: nothing would be shown",
      { addWords: ["--format", "json"] },
    );
  }
  if (options.noSettle) {
    throw new UsageError("Cannot use --watch with --no-settle: a watch looks often enough to tell");
  }
  if (options.exitCode) {
    throw new UsageError("Cannot use --watch with --exit-code: a watch goes on until Ctrl-C");
  }
  if (options.output !== undefined) {
    throw new UsageError("Cannot use --watch with --output: a watch has no end (redirect with >)");
  }
  if (options.format === "yaml") {
    throw new UsageError("Cannot use --watch with --format yaml: expected table or json");
  }
}
