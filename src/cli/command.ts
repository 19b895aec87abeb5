/**
 * How a command is written. A file `commands/<name>.ts` has three parts, in this order:
 *
 * 1. `interface <Name>Options extends GlobalOptions`: what its options say, as values.
 * 2. `export const command: Command<<Name>Options> = {…}`: its help, and the table of its options
 *    (its own first, then `...GLOBAL_OPTIONS`, then those of them that would do nothing, refused).
 * 3. `export async function run(options, context: CommandContext): Promise<ExitCode>`: does it.
 *
 * Then one line in `command_table.ts`. Nothing is done before the whole line was understood and the
 * settings were resolved. `run()` writes its result with `context.output`, says everything else with
 * `context.messages`, gets servers and stores from `context.adapters`, and returns an exit code of
 * `EXIT` or throws an `AppError`; what happens then is in `program.ts`. Values are read by the readers
 * of `values.ts`.
 *
 * A test calls `run()` with a context of its own, or `runProgram()` with whole command lines.
 */
import type { CommandContext } from "./context.ts";
import type { ExitCode } from "./exit.ts";
import type { GlobalOptions } from "./global_options.ts";
import type { AnyOption, OptionTable, ValueKind } from "./option.ts";
import type { SettingOptions } from "./settings.ts";

/** A command with its options understood, ready to run. */
export interface AcceptedCommand {
  readonly options: GlobalOptions & SettingOptions;
  /** The table of its options, and their section of the configuration file. */
  readonly table: Readonly<Record<string, AnyOption>>;
  readonly defaults: OptionDefaults | undefined;
  /** Whether it asks the servers of the configuration file, each with settings of its own. */
  readonly asksMany: boolean;
  /** @param defaults What the configuration file says of options that were not given. */
  run(
    context: CommandContext,
    defaults: Readonly<Record<string, unknown>>,
  ): Promise<ExitCode>;
}

/** Where a command's own options have defaults in the configuration file. */
export interface OptionDefaults<Options = GlobalOptions> {
  readonly section: string;
  /**
   * Options whose default is of no use beside what the command line says.
   *
   * @param defaults What the file says of those that were not given.
   */
  unused(given: Options, defaults: Partial<Options>): readonly string[];
}

/** A command. */
export interface Command<Options extends GlobalOptions = GlobalOptions> extends CommandHelp {
  readonly options: OptionTable<Options>;
  readonly defaults?: OptionDefaults<Options>;
  /** The option that people mean by an argument, where it takes none: `--prompt`. */
  readonly argumentMeans?: string;
  /** The one argument that it takes besides options, if any; it may be left out unless it says so. */
  readonly argument?: {
    readonly placeholder: string;
    readonly brief: string;
    /** The command line makes no sense without it. @default {false} */
    readonly isRequired?: boolean;
    /** It may be given several times. */
    readonly isRepeated?: boolean;
    /** All its values, if there are only these. */
    readonly choices?: readonly string[];
    /** What else it names, for shells that complete it. */
    readonly completes?: ValueKind;
    /** @throws {InvalidValueError} If it makes no sense. */
    read(text: string): string;
  };
  /** What its options say about the setting `model`, if anything. */
  modelOf?(options: Options): string | undefined;
  /**
   * Whether it asks the servers of the configuration file: then no server's settings are resolved for
   * the command, and a bad one stops only those who need it. @default {false}
   */
  asksMany?(options: Options): boolean;
  /**
   * @param argument As `argument.read()` gave it; `undefined`: left out.
   * @param more Those behind it, where it may be given several times.
   */
  run(
    options: Options,
    context: CommandContext,
    argument: string | undefined,
    more: readonly string[],
  ): Promise<ExitCode>;
}

/** A command's part of its help; the line about it in lists of commands is in `command_table.ts`. */
export interface CommandHelp {
  /**
   * What it does, in a few sentences. Paragraphs have an empty line between them; the help breaks them
   * into lines.
   */
  readonly text: string;
  /** Command lines without the program's name, each with what it does. */
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** What does not fit in an option's line, printed below the options as it is. */
  readonly more?: string;
}

/** The program's name, as it is called. */
export const PROGRAM = "asset-generator";

/** This tool's version; the same as in `deno.json`, which a run from a URL cannot read. */
export const VERSION = "0.1.0";
