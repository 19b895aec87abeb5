/** Runs a command line and returns its exit code. */
import { UsageError } from "../errors.ts";
import { PROGRAM } from "./command.ts";
import type { AcceptedCommand } from "./command.ts";
import type { ConfigAdds } from "./config/consult_config.ts";
import { asksServer, consultConfig, usesRedis } from "./config/consult_config.ts";
import { findCommand } from "./command_table.ts";
import type { CommandGroup } from "./command_table.ts";
import type { CommandContext, Context } from "./context.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import {
  ASKING_OPTIONS,
  checkGlobalOptions,
  colorChoiceOf,
  GLOBAL_OPTIONS,
  LEADING_SPELLINGS,
} from "./global_options.ts";
import { hoistGlobalOptions, saidIn } from "./hoist.ts";
import type { CommandLine } from "./hoist.ts";
import { Messages } from "./messages.ts";
import type { Verbosity } from "./messages.ts";
import { Output } from "./output.ts";
import { askedText, parseCommand, refuseOneDash, versionText } from "./parse.ts";
import type { Parsed } from "./parse.ts";
import { reportFailure } from "./report_result.ts";
import type { FailureChannels } from "./report_result.ts";
import { findSecrets, hideInError, withoutSecrets } from "./secrets.ts";
import { environmentLayer, resolveSettings } from "./settings.ts";
import type { Settings } from "./setting_layers.ts";
import { takeApart } from "./spelling.ts";

/**
 * Runs one command line. Never throws: every failure is reported and becomes an exit code.
 *
 * @param args Without the program's name.
 */
export async function runProgram(args: readonly string[], outside: Context): Promise<ExitCode> {
  let secrets = findSecrets(args, outside.environment);
  let context = withoutSecrets(outside, secrets);
  if (args[0] === "complete") return await completeWord(args.slice(1), context);
  let channels: FailureChannels | undefined;
  const run = async (): Promise<ExitCode> => {
    const parsed = await understand(args);
    if (parsed.kind !== "command") {
      const text = parsed.kind === "help" ? parsed.text : versionText(context.shippedAs);
      const file = await outputFileOf({ output: saidIn(args).get("output") });
      await (file === undefined ? context.terminal.out(text) : context.writeFile(file, text));
      return EXIT.ok;
    }
    const file = await outputFileOf(parsed.command.options);
    const adds = await consultConfig(parsed.command, context);
    const settings = await settle(parsed.command, { context, adds });
    const found = [...adds.secrets, ...secretsOfSettings(settings)];
    if (found.length > 0) {
      secrets = findSecrets(args, outside.environment, found);
      context = withoutSecrets(outside, secrets);
    }
    const commandContext = {
      ...prepare(parsed.command.options, { context, file, adds, settings }),
      commandLine: { args, hide: secrets.inQuotes },
    };
    channels = commandContext;
    // If the file cannot be written, no generation must be started for it.
    if (file !== undefined) await context.checkFile(file);
    if (commandContext.messages.verbosity === "verbose") await tellSettings(commandContext, adds);
    return await finish(await parsed.command.run(commandContext, adds.defaults), commandContext);
  };
  try {
    // How the command ends is ignored then.
    return await Promise.race([outside.broken, run()]);
  } catch (error) {
    return await reportFailure(
      hideInError(error, secrets),
      {
        ...(channels ?? (await import("./guess_channels.ts")).guessChannels(args, context)),
        commandLine: { args, hide: secrets.inQuotes },
      },
    );
  }
}

/** Answers the completion scripts when somebody presses Tab. */
async function completeWord(args: readonly string[], context: Context): Promise<ExitCode> {
  const { complete } = await import("./complete/complete.ts");
  const silent: Context = { ...context, openAdapters: () => context.openAdapters(() => {}) };
  return await complete(args, {
    context,
    makeContext: async (options) => {
      const command = { options, table: {}, defaults: undefined, asksMany: false };
      const adds = await consultConfig(command, silent);
      const settings = await settle(command, { context: silent, adds });
      return prepare(options, { context: silent, file: undefined, adds, settings });
    },
  });
}

async function understand(args: readonly string[]): Promise<Parsed> {
  const line = hoistGlobalOptions(args, (words) => findCommand(words)?.kind === "group");
  if (line.words[0] === "help") {
    if (line.rest[0] === "options") {
      const { globalOptionsHelp } = await import("./help.ts");
      return { kind: "help", text: globalOptionsHelp() };
    }
    return await understand([...line.moved, ...line.rest, "--help"]);
  }
  const found = findCommand(line.words);
  if (found === undefined) {
    const { unknownCommand } = await import("./unknown_command.ts");
    throw unknownCommand(line.words);
  }
  if (found.kind === "group") return await understandGroup(found, line);
  const { command } = await found.load();
  return await parseCommand(command, { words: line.words, rest: [...line.moved, ...line.rest] });
}

async function understandGroup(group: CommandGroup, line: CommandLine): Promise<Parsed> {
  const see = `(see ${[PROGRAM, ...line.words].join(" ")} --help)`;
  const args = [...line.moved, ...line.rest];
  const asked = askedText(args, LEADING_SPELLINGS);
  if (asked === "version") return { kind: "version" };
  if (asked === "help" || args.length === 0) {
    const { groupHelp } = await import("./help.ts");
    return { kind: "help", text: groupHelp(group, line.words) };
  }
  const [option] = line.rest;
  if (option === undefined) {
    // An error, not the help with exit code 0: `--api-url $URL wait && job` looks like this if the
    // variable is empty.
    throw new UsageError(`No command given ${see}`);
  }
  refuseOneDash(option, LEADING_SPELLINGS);
  const unknown = takeApart(option, LEADING_SPELLINGS).find(({ known }) => known === undefined);
  const table = { ...GLOBAL_OPTIONS, ...ASKING_OPTIONS };
  const { optionHint } = await import("./option_hint.ts");
  const hint = optionHint(option, table, "(options of a command stand after it)");
  throw new UsageError(
    `Cannot use ${
      unknown?.written ?? option
    } before the command: it is not a global option ${hint}`,
  );
}

/** If `--get` did not find a value, that is a failure, unless the command has a worse one. */
async function finish(
  exitCode: ExitCode,
  { output, messages }: Pick<CommandContext, "output" | "messages">,
): Promise<ExitCode> {
  if (exitCode !== EXIT.ok) return exitCode;
  if (output.valueProblem !== null) {
    await messages.error(`Nothing found for --get: ${output.valueProblem}`);
  }
  return output.lacksValue ? EXIT.failed : EXIT.ok;
}

/** The file of `--output`; `undefined`: standard output. */
async function outputFileOf(
  { output }: Pick<AcceptedCommand["options"], "output">,
): Promise<string | undefined> {
  if (output === undefined) return undefined;
  const { outputFile } = await import("./output_target.ts");
  return outputFile(output);
}

/** Where the settings came from, with `--verbose`. */
async function tellSettings(
  { settings, messages }: CommandContext,
  adds: ConfigAdds,
): Promise<void> {
  const { describeSettings } = await import("./config/describe_settings.ts");
  // Not awaited: there is no time limit yet that would end the wait for a reader of stderr.
  for (const line of describeSettings(settings, adds)) void messages.detail(line);
}

/** Resolves all settings of a command. */
async function settle(
  { options, table, asksMany }: Pick<AcceptedCommand, "options" | "table" | "asksMany">,
  { context, adds }: { readonly context: Context; readonly adds: ConfigAdds },
): Promise<Settings> {
  checkGlobalOptions(options);
  return await resolveSettings(options, {
    ...adds,
    environment: environmentLayer(context.environment),
    stateFile: context.defaultStateFile,
    asksMany,
    readSecretFile: asksServer(table) && !asksMany ? context.readSecretFile : null,
    readRedisFile: usesRedis(table) ? context.readSecretFile : null,
    storedToken: context.storedToken,
  });
}

/** The secrets among the settings, some of which may come from files. */
function secretsOfSettings(
  { apiKey, token, redisUrl, headers }: Settings,
): readonly string[] {
  return [apiKey.value, token.value, redisUrl.value, ...headers.value.map(({ value }) => value)]
    .filter((value) => value !== null);
}

function prepare(given: AcceptedCommand["options"], { context, file, adds, settings }: {
  readonly context: Context;
  readonly file: string | undefined;
  readonly adds: ConfigAdds;
  readonly settings: Settings;
}): CommandContext {
  const options = { ...adds.defaults, ...given };
  const { terminal } = context;
  const color = colorChoiceOf(options);
  const verbosity: Verbosity = options.quiet ? "quiet" : options.verbose ? "verbose" : "normal";
  const output = new Output({
    terminal,
    format: settings.format.value,
    isQuiet: options.quiet ?? false,
    get: options.get,
    file,
    color,
    writeFile: context.writeFile,
  });
  const messages = new Messages(terminal, { verbosity, color });
  const adapters = context.openAdapters((text) => void messages.warning(text));
  return { ...context, settings, config: adds.file, adapters, output, messages };
}
