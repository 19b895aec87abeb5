/** Manual pages, in the macros of man(7). */
import { PROGRAM, VERSION } from "../../src/cli/command.ts";
import type { CommandHelp } from "../../src/cli/command.ts";
import { ASKING_OPTIONS, GLOBAL_OPTIONS } from "../../src/cli/global_options.ts";
import { EXAMPLES, isShown, optionHead, optionText, VARIABLES } from "../../src/cli/help.ts";
import type { AnyOption } from "../../src/cli/option.ts";
import { lowerFirst } from "../../src/errors.ts";
import { ownOptions, refusedOptions } from "./all_commands.ts";
import type { DescribedCommand } from "./all_commands.ts";

/** The date of the texts of `VERSION`; change it together with that. */
const DATE = "2026-11-29";

/** What `apropos` and `whatis` show of the program; one line. */
const NAME_BRIEF = "make images with SwarmUI, and see whether it is busy";

/** The page of the program: `asset-generator(1)`. */
export function programPage(commands: readonly DescribedCommand[], brief: string): string {
  return page(PROGRAM, NAME_BRIEF, [
    ["SYNOPSIS", `.B ${roff(PROGRAM)}\n[global options] COMMAND [options] [global options]`],
    ["DESCRIPTION", paragraphs(brief)],
    [
      "COMMANDS",
      terms(
        commands.map(({ words, brief }) => [words.join(" "), `${brief}. See ${pageOf(words)}.`]),
      ),
    ],
    [
      "GLOBAL OPTIONS",
      paragraphs(
        "These options work before and after the name of every command. A command that has no " +
          "use for one of them says so. If an option is given twice, the last one counts.",
      ) + "\n" + options(Object.entries<AnyOption>({ ...GLOBAL_OPTIONS, ...ASKING_OPTIONS })),
    ],
    ["ENVIRONMENT", terms(VARIABLES.map(([name, brief]) => [name, `${brief}.`]))],
    ["EXIT STATUS", terms(EXITS)],
    ["EXAMPLES", examples(EXAMPLES)],
    ["SEE ALSO", commands.map(({ words }) => seeAlso(nameOf(words))).join(",\n")],
  ]);
}

/** The page of a command: `asset-generator-status(1)`. */
export function commandPage({ words, brief, command }: DescribedCommand): string {
  const { argument } = command;
  const name = argument === undefined ? "" : `\\fI${roff(argument.placeholder)}\\fR`;
  const synopsis = argument === undefined ? "" : argument.isRequired ? `\n${name}` : `\n[${name}]`;
  const refused = refusedOptions(command).map(([name, option]): Term => [
    optionHead(name, option),
    `Not taken: ${option.refused ?? ""}.`,
  ]);
  return page(nameOf(words), brief, [
    ["SYNOPSIS", `.B ${roff([PROGRAM, ...words].join(" "))}${synopsis}\n[options]`],
    ["DESCRIPTION", paragraphs(command.text)],
    [
      "ARGUMENTS",
      argument === undefined ? "" : terms([[argument.placeholder, `${argument.brief}.`]]),
    ],
    ["OPTIONS", options(ownOptions(command))],
    ["GLOBAL OPTIONS", `See\n${seeAlso(PROGRAM)}.\n${terms(refused)}`.trimEnd()],
    ["NOTES", command.more === undefined ? "" : verbatim(command.more)],
    ["EXAMPLES", examples(command.examples)],
    ["SEE ALSO", seeAlso(PROGRAM)],
  ]);
}

/** `asset-generator-generate-image` */
export function nameOf(words: readonly string[]): string {
  return [PROGRAM, ...words].join("-");
}

type Term = readonly [term: string, text: string];

/** The same as in `docs/exit-codes.md`. */
const EXITS: readonly Term[] = [
  ["0", "Done; idle, where the verdict is asked for."],
  ["1", "Failed."],
  ["2", "The command line or a setting makes no sense; nothing was done."],
  ["3", "Timed out."],
  ["4", "Unknown, refused, or not allowed to know."],
  ["5", "The server did not answer."],
  ["8", "Busy, where the verdict is asked for."],
  ["130", "Interrupted."],
];

function page(
  name: string,
  brief: string,
  sections: readonly (readonly [heading: string, text: string])[],
): string {
  const told = sections.filter(([, text]) => text !== "").map(([heading, text]) =>
    `.SH ${heading}\n${text}`
  );
  return [
    '.\\" Made by deno task docs; change the texts where the commands are.',
    `.TH ${name.toUpperCase()} 1 ${DATE} "${PROGRAM} ${VERSION}" "User Commands"`,
    `.SH NAME\n${roff(name)} \\- ${roff(lowerFirst(brief))}`,
    ...told,
  ].join("\n") + "\n";
}

function pageOf(words: readonly string[]): string {
  return `${nameOf(words)}(1)`;
}

function seeAlso(name: string): string {
  return `\\fB${roff(name)}\\fR(1)`;
}

function options(table: readonly (readonly [string, AnyOption])[]): string {
  return terms(
    table.filter(isShown).map(([name, option]): Term => {
      const { brief, fallback } = optionText(option);
      return [optionHead(name, option), `${brief}. ${fallback}`.trimEnd()];
    }),
  );
}

function terms(all: readonly Term[]): string {
  return all.map(([term, text]) => `.TP\n\\fB${roff(term)}\\fR\n${lines(text)}`).join("\n");
}

function examples(all: CommandHelp["examples"]): string {
  return all.map(({ line, does }) =>
    `${lines(`${does}:`)}\n.PP\n${verbatim(`  ${PROGRAM} ${line}`)}`
  ).join("\n.PP\n");
}

function verbatim(text: string): string {
  return `.nf\n${text.split("\n").map(lines).join("\n")}\n.fi`;
}

function paragraphs(text: string): string {
  return text.split("\n\n").map(lines).join("\n.PP\n");
}

/** A line of text: a dot or a quote at its beginning would be a request. */
function lines(text: string): string {
  return roff(text).replace(/^[.']/, "\\&$&");
}

/** Plain text: a backslash would begin a request, and a dash would become another character. */
function roff(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga").replaceAll("^", "\\(ha").replaceAll("~", "\\(ti");
}
