/** Help texts, of the program, of groups and of commands, in one look. */
import { PROGRAM } from "./command.ts";
import type { Command, CommandHelp } from "./command.ts";
import type { CommandGroup } from "./command_table.ts";
import { ASKING_OPTIONS, GLOBAL_OPTIONS } from "./global_options.ts";
import type { GlobalOptions } from "./global_options.ts";
import { writeOption } from "./option.ts";
import type { AnyOption } from "./option.ts";
import { variableOf } from "./settings.ts";

const EXAMPLES: CommandHelp["examples"] = [
  { line: "status", does: "See whether a generation is in progress" },
  {
    line: 'generate image --prompt "a lighthouse at dusk" --save-images',
    does: "Make a picture and save it here",
  },
  { line: "simulate --port 0", does: "Run a simulated SwarmUI on any free port" },
];

/** The variables that hold settings, each behind an option without which it says nothing either. */
const VARIABLES: readonly (readonly [option: keyof GlobalOptions, name: string])[] = [
  ["apiUrl", variableOf("apiUrl")],
  ["apiKey", variableOf("apiKey")],
  ["token", variableOf("token")],
  ["stateFile", variableOf("stateFile")],
  ["format", variableOf("format")],
  ["requestTimeout", variableOf("requestTimeoutMs")],
  ["apiUrl", variableOf("model")],
  ["stateFile", "ASSET_GENERATOR_STATE_DIR"],
];

const { help } = ASKING_OPTIONS;

type Row = readonly [left: string, right: string];

type Table = Readonly<Record<string, AnyOption>>;

/**
 * The help of the program or of a group of commands.
 *
 * @param words The words that lead to it; none for the program.
 */
export function groupHelp(group: CommandGroup, words: readonly string[]): string {
  const examples = EXAMPLES.filter(({ line }) => line.startsWith(words.join(" ")));
  return sections([
    `USAGE\n  ${[PROGRAM, ...words].join(" ")} COMMAND [options]`,
    group.brief,
    `COMMANDS\n${table(commandRows(group))}`,
    globalOptions(GLOBAL_OPTIONS, words.length === 0 ? ASKING_OPTIONS : { help }),
    examples.length > 0 ? examplesText(examples) : "",
  ]);
}

/**
 * The help of a command.
 *
 * @param words The words that lead to it.
 */
export function commandHelp(command: Command, words: readonly string[]): string {
  const own = Object.entries(command.options).filter(([name]) => !isGlobal(name));
  const usage = command.argument === undefined ? "" : ` [${command.argument.placeholder}]`;
  return sections([
    `USAGE\n  ${[PROGRAM, ...words].join(" ")}${usage} [options]`,
    command.text,
    examplesText(command.examples),
    own.length > 0 ? `OPTIONS\n${table(optionRows(Object.fromEntries(own)))}` : "",
    globalOptions(command.options, { help }),
  ]);
}

/** @param options All of a command; those that are not global are left out. */
function globalOptions(options: Table, asking: Table): string {
  const global = Object.entries(options).filter(([name]) => isGlobal(name));
  const all = table(optionRows({ ...Object.fromEntries(global), ...asking }));
  const names = VARIABLES.filter(([option]) => options[option]?.refused === undefined);
  return `COMMON OPTIONS, before or behind the command\n${all}\n\n` +
    `ENVIRONMENT, where no option says otherwise\n` +
    names.map(([, name]) => `  ${name}`).join("\n");
}

function isGlobal(name: string): boolean {
  return Object.hasOwn(GLOBAL_OPTIONS, name);
}

function commandRows(group: CommandGroup, before = ""): readonly Row[] {
  return Object.entries(group.members).flatMap(([word, member]): readonly Row[] =>
    member.kind === "group"
      ? commandRows(member, `${before}${word} `)
      : [[before + word, member.brief]]
  );
}

function optionRows(options: Table): readonly Row[] {
  const shown = Object.entries(options).filter(([, { refused }]) => refused === undefined);
  return shown.map(([name, option]) => {
    const letter = option.letter === undefined ? "  " : `-${option.letter}`;
    const value = option.placeholder === undefined ? "" : ` ${option.placeholder}`;
    const repeats = option.kind === "list" ? "..." : "";
    const fallback = option.default === undefined ? "" : ` [${option.default}]`;
    const choices = option.choices === undefined ? "" : `: ${option.choices.join(", ")}`;
    return [
      `${letter} ${writeOption(name)}${value}${repeats}`,
      option.brief + fallback + choices,
    ];
  });
}

function examplesText(examples: CommandHelp["examples"]): string {
  const lines = examples.map(({ line, does }) => `  ${does}:\n    ${PROGRAM} ${line}`);
  return ["EXAMPLES", ...lines].join("\n");
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

function sections(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n") + "\n";
}
