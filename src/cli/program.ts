/** From a command line to an exit code. */
import { UsageError } from "../errors.ts";
import { shownValue } from "./address_secrets.ts";
import { PROGRAM } from "./command.ts";
import type { AcceptedCommand } from "./command.ts";
import { findCommand } from "./command_table.ts";
import type { CommandGroup } from "./command_table.ts";
import type { CommandContext, Context } from "./context.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { checkGlobalOptions } from "./global_options.ts";
import { hoistGlobalOptions } from "./hoist.ts";
import type { CommandLine } from "./hoist.ts";
import { Messages } from "./messages.ts";
import type { Verbosity } from "./messages.ts";
import { Output } from "./output.ts";
import { parseCommand } from "./parse.ts";
import type { Parsed } from "./parse.ts";
import { reportFailure } from "./report_failure.ts";
import type { FailureChannels } from "./report_failure.ts";
import { findSecrets, withoutSecrets } from "./secrets.ts";
import { environmentLayer, OUTPUT_FORMATS, resolveSettings, variableOf } from "./settings.ts";
import type { OutputFormat } from "./settings.ts";
import { suggest } from "./suggest.ts";
import { listOf, quote } from "./values.ts";
import { VERSION } from "./version.ts";

/**
 * Runs one command line. Never throws: every failure is told and becomes an exit code.
 *
 * @param args Without the program's name.
 */
export async function runProgram(args: readonly string[], outside: Context): Promise<ExitCode> {
  const hide = findSecrets(args, outside.environment);
  const context = hide === null ? outside : withoutSecrets(outside, hide);
  let channels: FailureChannels = guessChannels(args, context);
  try {
    const parsed = await understand(args);
    if (parsed.kind === "help") {
      await context.terminal.out(parsed.text);
      return EXIT.ok;
    }
    const commandContext = prepare(parsed.command.options, context);
    channels = commandContext;
    // A generation must not be made for a file that cannot be written.
    const { output } = parsed.command.options;
    if (output !== undefined) await context.checkFile(output);
    return await parsed.command.run(commandContext);
  } catch (error) {
    return await reportFailure(error, channels);
  }
}

async function understand(args: readonly string[]): Promise<Parsed> {
  const asked = args[0] === "help" ? [...args.slice(1), "--help"] : args;
  const line = hoistGlobalOptions(asked, (words) => findCommand(words)?.kind === "group");
  const found = findCommand(line.words);
  if (found === undefined) throw unknownCommand(line.words);
  if (found.kind === "group") return await understandGroup(found, line);
  const { command } = await found.load();
  return await parseCommand(command, { words: line.words, rest: [...line.moved, ...line.rest] });
}

async function understandGroup(group: CommandGroup, line: CommandLine): Promise<Parsed> {
  const name = [PROGRAM, ...line.words].join(" ");
  const [option = "--help"] = line.rest;
  if (line.rest.length === 0 && line.moved.length > 0) {
    // Not help and success: `--api-url $URL wait && job` is this while the variable is empty.
    throw new UsageError(`Cannot go on without a command (see ${name} --help)`);
  }
  if (option === "--help" || option === "-h") {
    const { groupHelp } = await import("./help.ts");
    return { kind: "help", text: groupHelp(group, line.words) };
  }
  if (option === "--version") {
    return { kind: "help", text: `${PROGRAM} ${VERSION}\n` };
  }
  throw new UsageError(
    // Without its value, which may be a secret that was given to a misspelt option.
    `Cannot use ${quote(option.split("=", 1)[0] ?? "")} before a command: ` +
      "it is no option of all commands " +
      `(see ${name} --help)`,
  );
}

function unknownCommand(words: readonly string[]): UsageError {
  const group = findCommand(words.slice(0, -1));
  const name = [PROGRAM, ...words.slice(0, -1)].join(" ");
  const near = group?.kind === "group"
    ? suggest(words.at(-1) ?? "", Object.keys(group.members))
    : [];
  return new UsageError(
    `Cannot run ${quote(words.map(shownValue).join(" "))}: there is no such command ` +
      (near.length > 0 ? `(did you mean ${listOf(near)}?)` : `(see ${name} --help)`),
  );
}

function prepare(options: AcceptedCommand["options"], context: Context): CommandContext {
  checkGlobalOptions(options);
  const { terminal, environment, defaultStateFile } = context;
  const settings = resolveSettings(options, {
    layers: [environmentLayer(environment)],
    stateFile: defaultStateFile,
  });
  const color = !options.noColor;
  const verbosity: Verbosity = options.quiet ? "quiet" : options.verbose ? "verbose" : "normal";
  const output = new Output({
    terminal,
    format: settings.format.value,
    file: options.output,
    color,
    writeFile: context.writeFile,
  });
  const messages = new Messages(terminal, { verbosity, color });
  const adapters = context.openAdapters((text) => void messages.warning(text));
  return { ...context, settings, adapters, output, messages };
}

/** How to tell a failure of a command line that could not be understood: as it seems to be wanted. */
function guessChannels(args: readonly string[], context: Context): FailureChannels {
  const { terminal } = context;
  const verbosity = args.includes("--verbose") || args.includes("-v") ? "verbose" : "normal";
  const color = !args.includes("--no-color");
  return {
    terminal,
    messages: new Messages(terminal, { verbosity, color }),
    output: new Output({
      terminal,
      format: guessFormat(args, context),
      file: undefined,
      color,
      writeFile: context.writeFile,
    }),
  };
}

function guessFormat(args: readonly string[], context: Context): OutputFormat {
  const said = args.flatMap((arg, index) => {
    const [, value] = /^(?:--format|-f)=(.*)$/.exec(arg) ?? [];
    if (value !== undefined) return [value];
    return arg === "--format" || arg === "-f" ? [args[index + 1]] : [];
  });
  const wanted = said[0] ?? formatOf(context.environment);
  return OUTPUT_FORMATS.find((format) => format === wanted) ?? "table";
}

/** What the environment wants, if that can be read; else the failure says so. */
function formatOf(environment: Context["environment"]): string | undefined {
  try {
    return environment.get(variableOf("format"));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return undefined;
  }
}
