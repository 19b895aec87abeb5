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
import {
  ASKING_OPTIONS,
  checkGlobalOptions,
  GLOBAL_OPTIONS,
  GLOBAL_SPELLINGS,
} from "./global_options.ts";
import { hoistGlobalOptions } from "./hoist.ts";
import type { CommandLine } from "./hoist.ts";
import { Messages } from "./messages.ts";
import type { Verbosity } from "./messages.ts";
import { Output } from "./output.ts";
import { askedText, optionHint, parseCommand, versionText } from "./parse.ts";
import type { Parsed } from "./parse.ts";
import { reportFailure } from "./report_result.ts";
import type { FailureChannels } from "./report_result.ts";
import { findSecrets, withoutSecrets } from "./secrets.ts";
import { environmentLayer, OUTPUT_FORMATS, resolveSettings, variableOf } from "./settings.ts";
import { spellingsOf, takeApart } from "./spelling.ts";
import { suggest } from "./suggest.ts";
import { listOf, quote } from "./values.ts";

/**
 * Runs one command line. Never throws: every failure is told and becomes an exit code.
 *
 * @param args Without the program's name.
 */
export async function runProgram(args: readonly string[], outside: Context): Promise<ExitCode> {
  const hide = findSecrets(args, outside.environment);
  const context = hide === null ? outside : withoutSecrets(outside, hide);
  let channels: FailureChannels | undefined;
  try {
    const parsed = await understand(args);
    if (parsed.kind === "help") {
      await context.terminal.out(parsed.text);
      return EXIT.ok;
    }
    const file = await outputFileOf(parsed.command.options);
    const commandContext = prepare(parsed.command.options, { context, file });
    channels = commandContext;
    // A generation must not be made for a file that cannot be written.
    if (file !== undefined) await context.checkFile(file);
    return await parsed.command.run(commandContext);
  } catch (error) {
    return await reportFailure(error, channels ?? guessChannels(args, context));
  }
}

async function understand(args: readonly string[]): Promise<Parsed> {
  const line = hoistGlobalOptions(args, (words) => findCommand(words)?.kind === "group");
  if (line.words[0] === "help") return await understand([...line.moved, ...line.rest, "--help"]);
  const found = findCommand(line.words);
  if (found === undefined) throw unknownCommand(line.words);
  if (found.kind === "group") return await understandGroup(found, line);
  const { command } = await found.load();
  return await parseCommand(command, { words: line.words, rest: [...line.moved, ...line.rest] });
}

async function understandGroup(group: CommandGroup, line: CommandLine): Promise<Parsed> {
  const see = `(see ${[PROGRAM, ...line.words].join(" ")} --help)`;
  const args = [...line.moved, ...line.rest];
  const asked = askedText(args, spellingsOf({ ...GLOBAL_OPTIONS, ...ASKING_OPTIONS }));
  if (asked === "version") return { kind: "help", text: versionText() };
  if (asked === "help" || args.length === 0) {
    const { groupHelp } = await import("./help.ts");
    return { kind: "help", text: groupHelp(group, line.words) };
  }
  const [option] = line.rest;
  if (option === undefined) {
    // Not help and success: `--api-url $URL wait && job` is this while the variable is empty.
    throw new UsageError(`Cannot go on without a command ${see}`);
  }
  const unknown = takeApart(option, GLOBAL_SPELLINGS).find(({ known }) => known === undefined);
  const written = unknown?.written ?? option;
  throw new UsageError(
    `Cannot use ${quote(written)} before a command: it is no option of all commands ` +
      optionHint(written, GLOBAL_OPTIONS, see),
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

/** The file of `--output`; `undefined`: standard output. */
async function outputFileOf(
  { output }: AcceptedCommand["options"],
): Promise<string | undefined> {
  if (output === undefined) return undefined;
  const { outputFile } = await import("./output_target.ts");
  return outputFile(output);
}

function prepare(options: AcceptedCommand["options"], { context, file }: {
  readonly context: Context;
  readonly file: string | undefined;
}): CommandContext {
  checkGlobalOptions(options);
  const { terminal, environment, defaultStateFile } = context;
  const settings = resolveSettings(options, {
    layers: [environmentLayer(environment)],
    stateFile: defaultStateFile,
  });
  const color = options.noColor ? "never" : "auto";
  const verbosity: Verbosity = options.quiet ? "quiet" : options.verbose ? "verbose" : "normal";
  const output = new Output({
    terminal,
    format: settings.format.value,
    file,
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
  const said = new Map<string | undefined, string | undefined>();
  for (const [index, arg] of args.entries()) {
    for (const { known, value } of takeApart(arg, GLOBAL_SPELLINGS)) {
      said.set(known?.name, value ?? args[index + 1]);
    }
  }
  const color = said.has("noColor") ? "never" : "auto";
  const wanted = said.get("format") ?? formatOf(context.environment);
  return {
    terminal,
    messages: new Messages(terminal, {
      verbosity: said.has("verbose") ? "verbose" : "normal",
      color,
    }),
    output: new Output({
      terminal,
      format: OUTPUT_FORMATS.find((format) => format === wanted) ?? "table",
      file: undefined,
      color,
      writeFile: context.writeFile,
    }),
  };
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
