import { BACKEND_COLUMNS, backendsDocument } from "../../render/status/backend_list.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { checkListOptions, chosenColumns, listOptionTable } from "../lists/list_options.ts";
import type { ListOptions } from "../lists/list_options.ts";
import { writeList } from "../lists/write_list.ts";

const USUAL = ["id", "status", "model", "used", "title", "type", "gpu"];

/** `asset-generator backends list`. */
export const command: Command<ListOptions> = {
  text: "Lists the server's backends: their state in SwarmUI's words, the model that each " +
    "loaded last, and when each was last used. `running` means ready, whether it is working " +
    "or not: status says whether a generation is in progress. --quiet prints only the ids.",
  examples: [
    { line: "backends list", does: "All of them" },
    { line: "backends list --columns id,model", does: "Only ids and models" },
  ],
  options: listOptionTable(BACKEND_COLUMNS.map(({ name }) => name), USUAL.join(",")),
  run,
};

/** Asks the server and prints the list. */
export async function run(options: ListOptions, context: CommandContext): Promise<ExitCode> {
  checkListOptions(options, context.output);
  const catalog = await context.adapters.catalog(context.settings);
  const all = await catalog.backends();
  const rows = all.toSorted((one, other) => one.id - other.id).slice(0, options.limit);
  return await writeList(context, {
    rows,
    columns: chosenColumns(BACKEND_COLUMNS, options.columns ?? USUAL),
    isAsked: options.columns !== undefined,
    withHeadings: options.headings ?? false,
    document: backendsDocument(rows, { serverUrl: catalog.url, total: all.length }),
    nameOf: ({ id }) => String(id),
    empty: `${catalog.url} has no backends (add one on its page, under Server, Backends)`,
  });
}
