import type { Choices } from "../../catalog/server_catalog.ts";
import { AppError } from "../../errors.ts";
import { CHOICE_COLUMNS, choicesDocument } from "../../render/lists/choice_list.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { checkListOptions, chosenColumns, listOptionTable } from "./list_options.ts";
import type { ListOptions } from "./list_options.ts";
import { writeList } from "./write_list.ts";

const NAMES = CHOICE_COLUMNS.map(({ name }) => name);

/** Makes `samplers list` or `schedulers list`. */
export function choicesCommand(
  parameter: "sampler" | "scheduler",
  pick: (choices: Choices) => Choices["samplers"],
): Command<ListOptions> {
  return {
    text: `Lists the ${parameter}s that the server knows: the name that --${parameter} of ` +
      "generate image takes, and the one that SwarmUI's page shows. --quiet prints only the names.",
    examples: [
      { line: `${parameter}s list`, does: "All of them" },
      { line: `${parameter}s list --quiet`, does: "Only the names, one a line" },
    ],
    options: listOptionTable(NAMES, NAMES.join(",")),
    run: (options, context) => run(options, context, { parameter, pick }),
  };
}

async function run(options: ListOptions, context: CommandContext, kind: {
  readonly parameter: string;
  readonly pick: (choices: Choices) => Choices["samplers"];
}): Promise<ExitCode> {
  const { parameter, pick } = kind;
  checkListOptions(options, context.output);
  const catalog = await context.adapters.catalog(context.settings);
  const all = pick(await catalog.choices(`${parameter}s`));
  if (all === null) {
    throw new AppError(
      "failed",
      `Cannot list the ${parameter}s of ${catalog.url}: the server names none ` +
        "(is its ComfyUI extension switched off?)",
    );
  }
  const rows = all.slice(0, options.limit);
  return await writeList(context, {
    rows,
    columns: chosenColumns(CHOICE_COLUMNS, options.columns ?? NAMES),
    isAsked: options.columns !== undefined,
    withHeadings: options.headings ?? false,
    document: choicesDocument(rows, { serverUrl: catalog.url, parameter, total: all.length }),
    nameOf: ({ name }) => name,
    empty: `${catalog.url} has no ${parameter}s`,
  });
}
