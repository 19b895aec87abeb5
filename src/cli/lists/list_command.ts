import type { ServerCatalog } from "../../catalog/server_catalog.ts";
import type { Column } from "../../render/lists/list_table.ts";
import type { Command, CommandHelp } from "../command.ts";
import { checkListOptions, listOptionTable } from "./list_options.ts";
import type { ListOptions } from "./list_options.ts";
import { writeList } from "./write_list.ts";

/** What a server has several of. */
export interface ListedKind<Row> extends Pick<CommandHelp, "text" | "examples"> {
  readonly columns: readonly Column<Row>[];
  /** The names of the columns that are printed if none are asked for. */
  readonly usual: readonly string[];
  /** Asks for all of them. */
  readonly ask: (catalog: ServerCatalog) => Promise<readonly Row[]>;
  /** What the document says besides its frame. */
  readonly fields: (rows: readonly Row[]) => Readonly<Record<string, unknown>>;
  /** What `--quiet` prints of one. */
  readonly nameOf: (row: Row) => string;
  /** What is printed on stderr if the server has none. */
  readonly empty: (serverUrl: string) => string;
}

/** Makes a command that lists all that a server has of a kind. */
export function listCommand<Row>(kind: ListedKind<Row>): Command<ListOptions> {
  const { text, examples, columns, usual, ask, fields, nameOf, empty } = kind;
  return {
    text,
    examples,
    options: listOptionTable(columns.map(({ name }) => name), usual.join(",")),
    run: async (options, context) => {
      checkListOptions(options, context.output);
      const catalog = await context.adapters.catalog(context.settings);
      const all = await ask(catalog);
      const rows = all.slice(0, options.limit);
      return await writeList(context, {
        rows,
        columns,
        usual,
        options,
        document: {
          schema_version: 1,
          server_url: catalog.url,
          ...fields(rows),
          total: all.length,
          error: null,
        },
        nameOf,
        empty: empty(catalog.url),
      });
    },
  };
}
