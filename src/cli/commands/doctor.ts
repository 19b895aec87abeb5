import { diagnose } from "../../doctor/diagnose.ts";
import type { Diagnosis } from "../../doctor/diagnose.ts";
import type { DetectionReport } from "../../detection/report.ts";
import { AppError } from "../../errors.ts";
import { doctorText } from "../../render/doctor_text.ts";
import type { DocumentError } from "../../render/status/status_document.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import { gatherFacts } from "../doctor/gather_facts.ts";
import type { ExitCode } from "../exit.ts";
import { GLOBAL_OPTIONS } from "../global_options.ts";
import type { GlobalOptions } from "../global_options.ts";
import { reportResult } from "../report_result.ts";
import { statusProblem } from "../status_problem.ts";

/** `asset-generator doctor`. */
export const command: Command<GlobalOptions> = {
  text: "Checks this machine, this directory, this user and the server: Deno's permissions, " +
    "directories and locks, records that were left behind, and the server's rights, version and " +
    "clock. Prints one line for each check: ok, warning, missing, or - if it could not be " +
    "checked. It changes nothing; the files with which it tests a directory are removed again. It " +
    "works with whatever permissions Deno was given.\n\n" +
    "Exit codes: 0 status can tell here whether the server is idle, 4 it cannot, 5 the server did " +
    "not answer.",
  examples: [
    { line: "doctor", does: "Check everything" },
    { line: "doctor --get certain", does: "Print whether the answer can be certain" },
    {
      line: "doctor --api-url http://127.0.0.1:7801",
      does: "Check another server before a script uses it",
    },
  ],
  options: GLOBAL_OPTIONS,
  run: (_options, context) => run(context),
};

/** Collects the facts, judges them and prints the checks. */
async function run(context: CommandContext): Promise<ExitCode> {
  const facts = await gatherFacts(context);
  const diagnosis = diagnose(facts);
  return await reportResult(context, {
    document: (error) => doctorDocument(diagnosis, error),
    text: () =>
      context.output.wrapped(doctorText(diagnosis, { isColored: context.output.isColored })),
    problem: doctorProblem(diagnosis, facts.report),
  });
}

/** The result as one JSON document, `schemas/doctor.v1.json`. */
export function doctorDocument(
  diagnosis: Diagnosis,
  error: DocumentError | null,
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    server_url: diagnosis.serverUrl,
    checks: diagnosis.checks.map(({ id, group, state, found, advice }) => ({
      id,
      group,
      state,
      found,
      advice,
    })),
    certain: diagnosis.isCertain,
    error,
  };
}

/** The error of `doctor`: that of `status`, else that the verdict cannot be certain. */
function doctorProblem(diagnosis: Diagnosis, report: DetectionReport): AppError | null {
  const problem = statusProblem(report);
  if (problem !== null) return problem;
  if (diagnosis.obstacles.length === 0) return null;
  return new AppError(
    "unknown",
    `Cannot be certain about ${diagnosis.serverUrl}: ${diagnosis.obstacles.join("; ")} ` +
      "(see the checks marked missing)",
  );
}
