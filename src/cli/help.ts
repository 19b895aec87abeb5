/** Help texts, of the program, of groups and of commands, in one look. */
import type { Command } from "@stricli/core";
import { examplesText, PROGRAM } from "./command.ts";
import type { CommandHelp, ParseContext } from "./command.ts";
import type { CommandGroup } from "./command_table.ts";
import { GLOBAL_ALIASES, GLOBAL_FLAGS } from "./global_options.ts";
import type { GlobalOptions } from "./global_options.ts";
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

type Row = readonly [left: string, right: string];

/** What is shown of an option. */
interface ShownFlag {
  readonly kind: string;
  readonly brief: string;
  readonly placeholder?: string;
  readonly values?: readonly string[];
  readonly variadic?: boolean | string;
  readonly hidden?: boolean;
}

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
    globalOptions(GLOBAL_FLAGS, words.length === 0 ? [["   --version", "Show the version"]] : []),
    examples.length > 0 ? examplesText(examples) : "",
  ]);
}

/**
 * The help of a command.
 *
 * @param words The words that lead to it.
 */
export function commandHelp(command: Command<ParseContext>, words: readonly string[]): string {
  const { flags = {}, aliases = {}, positional } = command.parameters;
  const own = Object.entries<ShownFlag>(flags).filter(([name]) => !isGlobal(name));
  const places = positional === undefined
    ? []
    : positional.kind === "tuple"
    ? positional.parameters
    : [positional.parameter];
  const usage = places.map(({ placeholder = "ARGUMENT", optional }) =>
    optional ? ` [${placeholder}]` : ` ${placeholder}`
  );
  return sections([
    `USAGE\n  ${[PROGRAM, ...words].join(" ")}${usage.join("")} [options]`,
    command.fullDescription ?? command.brief,
    own.length > 0 ? `OPTIONS\n${table(optionRows(own, aliases))}` : "",
    globalOptions(flags, []),
  ]);
}

/** @param flags All of a command; those that are not global are left out. */
function globalOptions(
  flags: Readonly<Record<string, ShownFlag>>,
  more: readonly Row[],
): string {
  const global = Object.entries(flags).filter(([name]) => isGlobal(name));
  const rows = optionRows(global, GLOBAL_ALIASES);
  const all = table([...rows, ["-h --help", "Show help; also behind each command"], ...more]);
  const names = VARIABLES.filter(([option]) => !flags[option]?.hidden).map(([, name]) => name);
  return `COMMON OPTIONS, before or behind the command\n${all}\n\n` +
    `ENVIRONMENT, where no option says otherwise\n${names.map((name) => `  ${name}`).join("\n")}`;
}

function isGlobal(name: string): boolean {
  return Object.hasOwn(GLOBAL_FLAGS, name);
}

function commandRows(group: CommandGroup, before = ""): readonly Row[] {
  return Object.entries(group.members).flatMap(([word, member]): readonly Row[] =>
    member.kind === "group"
      ? commandRows(member, `${before}${word} `)
      : [[before + word, member.brief]]
  );
}

function optionRows(
  flags: readonly (readonly [name: string, flag: ShownFlag])[],
  aliases: Readonly<Record<string, string>>,
): readonly Row[] {
  const letters = Object.entries(aliases);
  return flags.filter(([, flag]) => !flag.hidden).map(([name, flag]) => {
    const letter = letters.find(([, aliased]) => aliased === name)?.[0];
    const words = name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
    const value = flag.kind === "boolean" ? "" : ` ${flag.placeholder ?? "VALUE"}`;
    const choices = flag.values === undefined ? "" : `: ${flag.values.join(", ")}`;
    const repeats = flag.variadic === true ? "..." : "";
    return [`${letter ? `-${letter}` : "  "} --${words}${value}${repeats}`, flag.brief + choices];
  });
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}

function sections(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n\n") + "\n";
}
