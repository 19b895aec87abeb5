/** The options that all lists share. */
import { UsageError } from "../../errors.ts";
import type { GlobalOptions } from "../global_options.ts";
import { GLOBAL_OPTIONS, refuseRecordOptions } from "../global_options.ts";
import { switchOption, valueOption } from "../option.ts";
import type { OptionTable } from "../option.ts";
import type { Output } from "../output.ts";
import { nearestHint, suggest } from "../suggest.ts";
import { wholeNumberReader } from "../quantities.ts";
import { InvalidValueError, quote } from "../values.ts";

/** The options of a list. */
export interface ListOptions extends GlobalOptions {
  /** Names of columns, in the wanted order. */
  readonly columns: readonly string[] | undefined;
  readonly headings: boolean | undefined;
  readonly limit: number | undefined;
}

/** The options of a list and the global ones, to be spread into the command's table. */
export function listOptionTable(names: readonly string[], usual: string): OptionTable<ListOptions> {
  return {
    columns: valueOption({
      placeholder: "NAMES",
      brief: `Columns to print, with commas between them: ${names.join(", ")}`,
      default: usual,
      parts: names,
      read: columnsReader(names),
    }),
    headings: switchOption({ brief: "Print the headings even in a pipe or a file" }),
    limit: valueOption({
      letter: "l",
      placeholder: "N",
      brief: "Print at most this many",
      default: "all",
      read: wholeNumberReader({ min: 1, max: 1_000_000 }),
    }),
    ...GLOBAL_OPTIONS,
    ...refuseRecordOptions("a list reads no state file"),
  };
}

/**
 * Checks what the options cannot check one by one.
 *
 * @throws {UsageError} If one of them would do nothing.
 */
export function checkListOptions(
  { columns, headings }: ListOptions,
  output: Pick<Output, "wantsDocument" | "isQuiet">,
): void {
  const given = columns !== undefined ? "--columns" : headings ? "--headings" : null;
  if (given === null) return;
  if (output.wantsDocument) {
    throw new UsageError(
      `Cannot use ${given} for a document: it holds every field (leave ${given} out, or give --format table)`,
    );
  }
  if (output.isQuiet) {
    throw new UsageError(`Cannot use ${given} with --quiet, which prints only the names`);
  }
}

function columnsReader(names: readonly string[]): (text: string) => readonly string[] {
  return (text) => {
    const wanted = text.toLowerCase().split(",").map((name) => name.trim())
      .filter((name) => name !== "");
    const unknown = wanted.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new InvalidValueError(
        `there is no column ${quote(unknown)} (${nearestHint(suggest(unknown, names), names)})`,
      );
    }
    if (wanted.length === 0) throw new InvalidValueError(`expected some of ${names.join(", ")}`);
    return [...new Set(wanted)];
  };
}
