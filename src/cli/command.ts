/**
 * How a command is written. A file `commands/<name>.ts` has three parts, in this order:
 *
 * 1. `interface <Name>Options extends GlobalOptions`: what its options say, as values.
 * 2. `export const command: Command<<Name>Options> = {…}`: its help, and the table of its options
 *    (its own first, then `...GLOBAL_OPTIONS`, then those of them that would do nothing, refused).
 * 3. `async function run(options, context: CommandContext): Promise<ExitCode>`: does it.
 *
 * Then one line in `command_table.ts`. Nothing is done before the whole line was understood and the
 * settings were resolved. `run()` writes its result with `context.output`, says everything else with
 * `context.messages`, gets servers and stores from `context.adapters`, and returns an exit code of
 * `EXIT` or throws an `AppError`; what happens then is in `program.ts`. Values are read by the readers
 * of `values.ts`.
 *
 * A test calls `runProgram()` with whole command lines.
 */
import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./exit.ts";
import type { GlobalOptions } from "./global_options.ts";
import type { AnyOption, OptionTable, ValueKind } from "./option.ts";
import type { SettingOptions } from "./setting_layers.ts";

/** A command with its parsed options, ready to run. */
export interface AcceptedCommand {
  readonly options: GlobalOptions & SettingOptions;
  /** The table of its options, and their section of the configuration file. */
  readonly table: Readonly<Record<string, AnyOption>>;
  readonly defaults: OptionDefaults | undefined;
  /** Whether it asks the servers of the configuration file, each with settings of its own. */
  readonly asksMany: boolean;
  /** @param defaults Values of the configuration file for options that were not given. */
  run(
    context: CommandContext,
    defaults: Readonly<Record<string, unknown>>,
  ): Promise<ExitCode>;
}

/** The section of the configuration file with defaults for a command's own options. */
export interface OptionDefaults<Options = GlobalOptions> {
  readonly section: string;
  /**
   * The defaults that count with a command line.
   *
   * @param defaults The file's values for options that were not given.
   */
  applicable(given: Partial<Options>, defaults: Partial<Options>): Partial<Options>;
}

/** A command. */
export interface Command<Options extends GlobalOptions = GlobalOptions> extends CommandHelp {
  readonly options: OptionTable<Options>;
  readonly defaults?: OptionDefaults<Options>;
  /** The option that people probably mean by an argument, if the command takes none: `--prompt`. */
  readonly argumentMeans?: string;
  /**
   * What to do instead, if the command takes no argument and one that is given may be a secret: it is
   * not shown.
   */
  readonly insteadOfArgument?: string;
  /** Its one argument besides options, if it has one. Optional unless marked otherwise. */
  readonly argument?: {
    readonly placeholder: string;
    readonly brief: string;
    /** Whether the command line makes no sense without it. @default {false} */
    readonly isRequired?: boolean;
    /** It may be given several times. */
    readonly isRepeated?: boolean;
    /** All possible values, if there are only a few. */
    readonly choices?: readonly string[];
    /** What else it names, for Tab completion. */
    readonly completes?: ValueKind;
    /** @throws {InvalidValueError} If it makes no sense. */
    read(text: string): string;
  };
  /** The model that its options name, if any. */
  modelOf?(options: Options): string | undefined;
  /**
   * Whether it asks the servers of the configuration file. Then settings are resolved for each
   * server, and a bad one affects only that server. @default {false}
   */
  asksMany?(options: Options): boolean;
  /**
   * @param argument The result of `argument.read()`; `undefined`: left out.
   * @param more Further arguments, if it may be given several times.
   */
  run(
    options: Options,
    context: CommandContext,
    argument: string | undefined,
    more: readonly string[],
  ): Promise<ExitCode>;
}

/**
 * A command's part of its help. The line about it in lists of commands is in `command_table.ts`.
 */
export interface CommandHelp {
  /**
   * What it does, in a few sentences. Paragraphs have an empty line between them; the help breaks them
   * into lines.
   */
  readonly text: string;
  /** Command lines without the program's name, each with what it does. */
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** What does not fit in an option's line; printed unchanged below the options. */
  readonly more?: string;
}

/** The program's name. */
export const PROGRAM = "asset-generator";

/** This tool's version; the same as in `deno.json`, which a run from a URL cannot read. */
export const VERSION = "0.1.0";
