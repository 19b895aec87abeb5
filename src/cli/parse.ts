import { buildApplication, run, text_en } from "@stricli/core";
import type { ApplicationText, Command, StricliProcess } from "@stricli/core";
import { PROGRAM } from "./command.ts";
import type { AcceptedCommand, ParseContext } from "./command.ts";
import { describeUsageProblem } from "./usage_problem.ts";
import { VERSION } from "./version.ts";

/** What a command line comes to: a command to run, or a help text to print. */
export type Parsed =
  | { readonly kind: "command"; readonly command: AcceptedCommand }
  | { readonly kind: "help"; readonly text: string };

/**
 * Reads a command's options. Nothing is run and nothing is written.
 *
 * @param command The command.
 * @param line.words Its words, for its help.
 * @param line.rest What stands behind them.
 * @throws {UsageError} If the options make no sense; the first problem of several.
 */
export async function parseCommand(command: Command<ParseContext>, line: {
  readonly words: readonly string[];
  readonly rest: readonly string[];
}): Promise<Parsed> {
  if (asksForHelp(line.rest)) {
    const { commandHelp } = await import("./help.ts");
    return { kind: "help", text: commandHelp(command, line.words) };
  }
  if (beforeEscape(line.rest).includes("--version")) {
    return { kind: "help", text: `${PROGRAM} ${VERSION}\n` };
  }
  const name = [PROGRAM, ...line.words].join(" ");
  const problems: unknown[] = [];
  const application = buildApplication(command, {
    name,
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: { disableAnsiColor: true },
    localization: { text: parserText(problems) },
  }, {});
  let accepted: AcceptedCommand | undefined;
  await run(application, line.rest, {
    process: silentProcess(),
    accept(options, run): void {
      accepted = { options, run };
    },
  });
  if (problems.length > 0) {
    const flags = Object.entries<{ readonly hidden?: boolean }>(command.parameters.flags ?? {});
    throw describeUsageProblem(problems[0], {
      options: flags.map(([flag]) => toKebab(flag)),
      offered: flags.filter(([, { hidden }]) => !hidden).map(([flag]) => toKebab(flag)),
      help: `${name} --help`,
    });
  }
  if (accepted === undefined) throw new TypeError(`The parser gave no command for "${name}"`);
  return { kind: "command", command: accepted };
}

/** Not the parser's own flag for it, which compares every option with "help" first. */
function asksForHelp(args: readonly string[]): boolean {
  return beforeEscape(args).some((arg) => arg === "--help" || arg === "-h");
}

function beforeEscape(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end);
}

/** The parser's texts; what it would complain about is collected instead. */
function parserText(problems: unknown[]): ApplicationText {
  function collect(problem: unknown): string {
    problems.push(problem);
    return "";
  }
  return {
    ...text_en,
    exceptionWhileParsingArguments: collect,
    exceptionWhileLoadingCommandFunction: collect,
    exceptionWhileRunningCommand: collect,
  };
}

/** A process for the parser that has no environment and says nothing: we do. */
function silentProcess(): StricliProcess {
  const nowhere = { write: () => {} };
  return { stdout: nowhere, stderr: nowhere, env: {} };
}

function toKebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
