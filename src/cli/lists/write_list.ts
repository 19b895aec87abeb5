import { fittedTable, tabbedLines } from "../../render/lists/list_table.ts";
import type { Column } from "../../render/lists/list_table.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { ExitCode } from "../exit.ts";
import type { ListOptions } from "./list_options.ts";

/** A list, ready to be written. */
export interface WrittenList<Row> {
  readonly rows: readonly Row[];
  /** All that there are, the most important first. */
  readonly columns: readonly Column<Row>[];
  /** The names of the columns that are printed if none are asked for. */
  readonly usual: readonly string[];
  readonly options: Pick<ListOptions, "columns" | "headings">;
  readonly document: unknown;
  /** What `--quiet` prints of a row. */
  readonly nameOf: (row: Row) => string;
  /** What is printed on stderr if the list is empty. */
  readonly empty: string;
}

/**
 * Writes a list as the user wants it: a table on a terminal, tab-separated lines in a pipe or a file,
 * names, or a document. An empty list is no failure.
 *
 * @throws {AppError} If it could not be written.
 * @throws {OutputClosedError} If the reader of standard output has gone.
 */
export async function writeList<Row>(
  { output, messages, terminal }: Pick<CommandContext, "output" | "messages" | "terminal">,
  list: WrittenList<Row>,
): Promise<ExitCode> {
  const { rows, usual, options } = list;
  const isAsked = options.columns !== undefined;
  const columns = (options.columns ?? usual).flatMap((name) =>
    list.columns.filter((column) => column.name === name)
  );
  let leftOut: readonly string[] = [];
  function text(): string {
    if (!output.isOnTerminal) {
      return tabbedLines(rows, columns, { withHeadings: options.headings ?? false });
    }
    if (rows.length === 0) return "";
    const table = fittedTable(rows, columns, { width: terminal.columns(), isAsked });
    leftOut = table.leftOut;
    return table.text;
  }
  await output.writeDocument(list.document, text, {
    names: () => rows.map((row) => onOneLine(list.nameOf(row))),
  });
  if (rows.length === 0) await messages.note(list.empty);
  if (leftOut.length > 0) {
    const said = `Left out, for the terminal is too narrow: ${leftOut.join(", ")}`;
    await (isAsked ? messages.note(said) : messages.detail(said));
  }
  return EXIT.ok;
}

/** A name that holds a line break is not two names. */
function onOneLine(name: string): string {
  return name.replace(/[\r\n]/g, escapeForTerminal);
}
