/**
 * How a command is written. A file `commands/<name>.ts` has three parts, in this order:
 *
 * 1. `interface <Name>Options extends GlobalOptions`: what its options say, as values.
 * 2. `export const command = buildCommand<<Name>Options, [], ParseContext>({…})`: its flags (its own
 *    first, then `...GLOBAL_FLAGS`, then `...refuseFlags({…})` for those that would do nothing;
 *    aliases likewise), `docs: commandDocs({…})`, and
 *    `func(options) { this.accept(options, (context) => run(options, context)); }`.
 * 3. `export async function run(options, context: CommandContext): Promise<ExitCode>`: does it.
 *
 * Then one line in the table of `program.ts`. Parsing only *accepts*: nothing is done before the
 * whole line was understood and the settings were resolved. `run()` writes its result with
 * `context.output`, says everything else with `context.messages`, gets servers and stores from
 * `context.adapters`, and returns an exit code of `EXIT` or throws an `AppError`; what happens then
 * is in `program.ts`. Values are read by the readers of `values.ts`.
 *
 * A test calls `run()` with a context of its own, or `runProgram()` with whole command lines.
 */
import type { CommandContext as ParserContext } from "@stricli/core";
import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./exit.ts";
import type { GlobalOptions } from "./global_options.ts";
import type { SettingOptions } from "./settings.ts";

/** A command with its options understood, ready to run. */
export interface AcceptedCommand {
  readonly options: GlobalOptions & SettingOptions;
  run(context: CommandContext): Promise<ExitCode>;
}

/** What the parser calls a command's `func` with. */
export interface ParseContext extends ParserContext {
  /** Takes the command that was parsed; called once. */
  accept(options: AcceptedCommand["options"], run: AcceptedCommand["run"]): void;
}

/** A command's part of its help. */
export interface CommandHelp {
  /** One line, for lists of commands. */
  readonly brief: string;
  /** What it does, in a few sentences; lines are printed as they are. */
  readonly text: string;
  /** Command lines without the program's name, each with what it does. */
  readonly examples: readonly { readonly line: string; readonly does: string }[];
}

/** Makes the parser's documentation of a command. */
export function commandDocs(help: CommandHelp): {
  readonly brief: string;
  readonly fullDescription: string;
} {
  return {
    brief: help.brief,
    fullDescription: `${help.text}\n\n${examplesText(help.examples)}`,
  };
}

/** The program's name, as it is called. */
export const PROGRAM = "asset-generator";

/** The section of examples in a help text. */
export function examplesText(examples: CommandHelp["examples"]): string {
  const lines = examples.map(({ line, does }) => `  ${does}:\n    ${PROGRAM} ${line}`);
  return ["EXAMPLES", ...lines].join("\n");
}
