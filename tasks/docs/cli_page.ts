/** `docs/cli.md`: the help of all commands on one page. */
import { PROGRAM } from "../../src/cli/command.ts";
import type { CommandHelp } from "../../src/cli/command.ts";
import { ASKING_OPTIONS, GLOBAL_OPTIONS } from "../../src/cli/global_options.ts";
import {
  EXAMPLES,
  isShown,
  optionHead,
  optionText,
  VARIABLES,
  writeArgument,
} from "../../src/cli/help.ts";
import type { AnyOption } from "../../src/cli/option.ts";
import { writeOption } from "../../src/cli/option.ts";
import { ownOptions, refusedOptions } from "./all_commands.ts";
import type { DescribedCommand } from "./all_commands.ts";

/**
 * Makes the page, as Markdown that is not wrapped yet.
 *
 * @param brief What the program is, in a sentence.
 */
export function cliPage(commands: readonly DescribedCommand[], brief: string): string {
  const index = commands.map(({ words, brief }) => {
    const name = words.join(" ");
    return `- [${name}](#${["asset-generator", ...words].join("-")}): ${escape(brief)}`;
  });
  return [
    "<!-- Made by `deno task docs`; change the texts where the commands are. -->",
    "# Commands and options",
    `${escape(brief)} This page holds what \`${PROGRAM} COMMAND --help\` prints of each command.`,
    `\`\`\`text\n${PROGRAM} [global options] COMMAND [options] [global options]\n\`\`\``,
    index.join("\n"),
    examples(EXAMPLES),
    "## Global options",
    "They work before and after the name of every command. A command that has no use for one of " +
    "them says so. If an option is given twice, the last one counts.",
    options(Object.entries<AnyOption>({ ...GLOBAL_OPTIONS, ...ASKING_OPTIONS })),
    "## Environment",
    "A variable is used where its option is not given. An empty one counts as not set.",
    VARIABLES.map(([name, brief]) => `- \`${name}\`: ${escape(brief)}`).join("\n"),
    ...commands.map(commandSection),
  ].join("\n\n") + "\n";
}

/** The section of one command. */
export function commandSection({ words, command }: DescribedCommand): string {
  const { argument } = command;
  const name = [PROGRAM, ...words].join(" ");
  const own = ownOptions(command);
  const refused = refusedOptions(command).map(([name, { refused = "" }]) =>
    `\`${writeOption(name)}\` (${escape(refused)})`
  );
  return [
    `## ${name}`,
    `\`\`\`text\n${name}${
      argument === undefined ? "" : ` ${writeArgument(argument)}`
    } [options]\n\`\`\``,
    escape(command.text),
    argument === undefined ? "" : `- \`${argument.placeholder}\`: ${escape(argument.brief)}`,
    options(own),
    command.more === undefined ? "" : `\`\`\`text\n${command.more}\n\`\`\``,
    examples(command.examples),
    refused.length === 0 ? "" : `It does not take ${refused.join(", ")}.`,
  ].filter((text) => text !== "").join("\n\n");
}

function options(table: readonly (readonly [string, AnyOption])[]): string {
  return table.filter(isShown).map(([name, option]) => {
    const fallback = option.default === undefined ? "" : ` (default: \`${option.default}\`)`;
    return `- \`${optionHead(name, option)}\`: ${escape(optionText(option).brief)}${fallback}`;
  }).join("\n");
}

function examples(all: CommandHelp["examples"]): string {
  if (all.length === 0) return "";
  const lines = all.map(({ line, does }) => `# ${does}\n${PROGRAM} ${line}`);
  return `\`\`\`text\n${lines.join("\n\n")}\n\`\`\``;
}

/** The texts are plain: nothing in them is Markdown except words in backquotes. */
function escape(text: string): string {
  return text.replace(/[\\*[\]<>#]|\b_|_\b/g, "\\$&");
}
