/**
 * Help texts. They have the same order at every level: use, description, examples, arguments and
 * options, and one line about the global options. Nothing is wider than 80 columns.
 */
import { PROGRAM } from "./command.ts";
import type { Command, CommandHelp } from "./command.ts";
import type { CommandGroup } from "./command_table.ts";
import { ASKING_OPTIONS, GLOBAL_OPTIONS } from "./global_options.ts";
import { writeOption } from "./option.ts";
import type { AnyOption } from "./option.ts";
import { variableOf } from "./settings.ts";
import { listOf } from "./values.ts";

const WIDTH = 80;
/** The widest left column of a table; after a wider entry, the text begins on the next line. */
const LEFT_MAX = 26;

/** A space at which no line is broken. */
const UNBROKEN = "\u00A0";

/** The examples of the program. */
export const EXAMPLES: CommandHelp["examples"] = [
  { line: "status", does: "See whether a generation is in progress" },
  { line: "wait && nightly-job", does: "Do something as soon as the server is free" },
  {
    line: 'generate image -p "a lighthouse at dusk" --save-images',
    does: "Make a picture and save it in this directory",
  },
];

/** The examples of groups that have none among the program's. */
export const GROUP_EXAMPLES: CommandHelp["examples"] = [
  { line: "models list --loaded", does: "See which models are loaded" },
];

const GLOBAL_LINE = `Global options (before or after the command): ${PROGRAM} help options`;

/** The variables that hold settings. */
export const VARIABLES: readonly (readonly [name: string, brief: string])[] = [
  [variableOf("apiUrl"), "The same as --api-url"],
  [variableOf("apiKey"), "The same as --api-key"],
  [variableOf("token"), "The same as --token"],
  [variableOf("stateFile"), "The same as --state-file"],
  [variableOf("redisUrl"), "The same as --redis-url"],
  [variableOf("redisPrefix"), "The same as --redis-prefix"],
  [variableOf("format"), "The same as --format"],
  [variableOf("requestTimeoutMs"), "The same as --request-timeout"],
  [variableOf("model"), "The same as --model of generate image"],
  ["ASSET_GENERATOR_STATE_DIR", "Directory of this user's own records"],
  ["NO_COLOR", "If set and not empty: no colour"],
  ["CLICOLOR_FORCE", "If set and not 0: colour without a terminal too"],
];

type Row = readonly [left: string, right: string];

type Table = Readonly<Record<string, AnyOption>>;

/**
 * The help of the program or of a group of commands.
 *
 * @param words The words that lead to it; none for the program.
 */
export function groupHelp(group: CommandGroup, words: readonly string[]): string {
  const all = words.length > 0 ? [...EXAMPLES, ...GROUP_EXAMPLES] : EXAMPLES;
  const examples = all.filter(({ line }) => line.startsWith(words.join(" ")));
  const rows = commandRows(group);
  return sections([
    `USAGE\n  ${[PROGRAM, ...words].join(" ")} COMMAND [options]`,
    paragraphs(group.brief),
    examplesText(examples),
    `COMMANDS\n${table(words.length > 0 ? rows : [...rows, ["help COMMAND", "Show its help"]])}`,
    GLOBAL_LINE,
  ]);
}

/**
 * The help of a command.
 *
 * @param words The words that lead to it.
 */
export function commandHelp(command: Command, words: readonly string[]): string {
  const own = Object.entries(command.options).filter(([name]) => !(name in GLOBAL_OPTIONS));
  const { argument } = command;
  const usage = argument === undefined ? "" : ` ${writeArgument(argument)}`;
  return sections([
    `USAGE\n  ${[PROGRAM, ...words].join(" ")}${usage} [options]`,
    paragraphs(command.text),
    examplesText(command.examples),
    argument === undefined ? "" : `ARGUMENTS\n${table([[argument.placeholder, argument.brief]])}`,
    own.length > 0 ? `OPTIONS\n${table(optionRows(Object.fromEntries(own)))}` : "",
    command.more ?? "",
    GLOBAL_LINE,
  ]);
}

/** An argument as it is written in a usage line: in brackets if it is optional. */
export function writeArgument(
  { placeholder, isRequired }: NonNullable<Command["argument"]>,
): string {
  return isRequired ? placeholder : `[${placeholder}]`;
}

/** The help of the options that all commands share, and of their variables. */
export function globalOptionsHelp(): string {
  const variables: readonly Row[] = VARIABLES;
  return sections([
    `USAGE\n  ${PROGRAM} [global options] COMMAND [options] [global options]`,
    paragraphs(
      "These options work before and after the name of every command. A command that has no use " +
        "for one of them says so. If an option is given twice, the last one counts.",
    ),
    `GLOBAL OPTIONS\n${table(optionRows({ ...GLOBAL_OPTIONS, ...ASKING_OPTIONS }))}`,
    `ENVIRONMENT, used where the option is not given\n${table(variables)}`,
  ]);
}

function commandRows(group: CommandGroup, before = ""): readonly Row[] {
  return Object.entries(group.members).flatMap(([word, member]): readonly Row[] =>
    member.kind === "group"
      ? commandRows(member, `${before}${word} `)
      : [[before + word, member.brief]]
  );
}

function optionRows(options: Table): readonly Row[] {
  return Object.entries(options).filter(isShown).map(([name, option]) => {
    const letter = option.letter === undefined ? "    " : "";
    const text = optionText(option);
    const fallback = text.fallback.replaceAll(" ", UNBROKEN);
    return [letter + optionHead(name, option), `${text.brief} ${fallback}`.trimEnd()];
  });
}

/** Whether an option is shown in help texts. */
export function isShown([, { refused }]: readonly [name: string, option: AnyOption]): boolean {
  return refused === undefined;
}

/** How an option is written: `-f, --format FORMAT`. */
export function optionHead(name: string, { letter, placeholder }: AnyOption): string {
  const short = letter === undefined ? "" : `-${letter}, `;
  return short + writeOption(name) + (placeholder === undefined ? "" : ` ${placeholder}`);
}

/** What an option is for, and its default: `[default: 5s]`, or nothing. */
export function optionText(
  option: AnyOption,
): { readonly brief: string; readonly fallback: string } {
  const choices = option.choices === undefined ? "" : `: ${listOf(option.choices)}`;
  const repeats = option.kind === "list" ? "; can be given several times" : "";
  const fallback = option.default === undefined ? "" : `[default: ${option.default}]`;
  return { brief: option.brief + choices + repeats, fallback };
}

function examplesText(examples: CommandHelp["examples"]): string {
  if (examples.length === 0) return "";
  const lines = examples.map(({ line, does }) => `  ${does}:\n    ${PROGRAM} ${line}`);
  return ["EXAMPLES", ...lines].join("\n");
}

function table(rows: readonly Row[]): string {
  const width = Math.min(LEFT_MAX, Math.max(...rows.map(([left]) => left.length)));
  const margin = " ".repeat(width + 4);
  return rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrapped(right, WIDTH - margin.length);
    const head = left.length > width
      ? [`  ${left}`, margin + first]
      : [`  ${left.padEnd(width)}  ${first}`];
    return [...head, ...more.map((line) => margin + line)];
  }).join("\n");
}

function paragraphs(text: string): string {
  return text.split("\n\n").map((one) => wrapped(one, WIDTH).join("\n")).join("\n\n");
}

/** Breaks a text into lines between its words. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => one.replaceAll(UNBROKEN, " "));
}

function sections(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n") + "\n";
}
