import { PRESET_COLUMNS, presetsDocument } from "../../render/lists/preset_list.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { checkListOptions, chosenColumns, listOptionTable } from "../lists/list_options.ts";
import type { ListOptions } from "../lists/list_options.ts";
import { writeList } from "../lists/write_list.ts";

const USUAL = ["title", "description", "parameters"];

/** `asset-generator presets list`. */
export const command: Command<ListOptions> = {
  text: "Lists the presets that this user has on the server: sets of parameters with a title. " +
    "--quiet prints only the titles.",
  examples: [
    { line: "presets list", does: "All of them" },
    {
      line: "presets list --get 'presets[].parameters'",
      does: "What each sets, as JSON, one preset a line",
    },
  ],
  options: listOptionTable(PRESET_COLUMNS.map(({ name }) => name), USUAL.join(",")),
  run,
};

/** Asks the server and prints the list. */
export async function run(options: ListOptions, context: CommandContext): Promise<ExitCode> {
  checkListOptions(options, context.output);
  const catalog = await context.adapters.catalog(context.settings);
  const all = await catalog.presets();
  const rows = all.slice(0, options.limit);
  return await writeList(context, {
    rows,
    columns: chosenColumns(PRESET_COLUMNS, options.columns ?? USUAL),
    isAsked: options.columns !== undefined,
    withHeadings: options.headings ?? false,
    document: presetsDocument(rows, { serverUrl: catalog.url, total: all.length }),
    nameOf: ({ title }) => title,
    empty: `This user has no presets on ${catalog.url} (make one on its page, under Presets)`,
  });
}
