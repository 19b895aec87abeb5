/** How options are written in arguments, by the habits of GNU: `-f yaml`, `-fyaml`, `-qf=yaml`. */
import { writeOption } from "./option.ts";
import type { AnyOption } from "./option.ts";

/** The options of a table by their names: `--format` and `-f`. */
export type Spellings = ReadonlyMap<
  string,
  { readonly name: string; readonly option: AnyOption }
>;

/** An option in an argument. */
export interface WrittenOption {
  /** As it is written, without its value: `--format`, `-f`. */
  readonly written: string;
  /** Which option it is; `undefined`: it does not exist. */
  readonly known: { readonly name: string; readonly option: AnyOption } | undefined;
  /** The value, if it is in the same argument. */
  readonly value: string | undefined;
}

/** Makes the names of a table's options. */
export function spellingsOf(table: Readonly<Record<string, AnyOption>>): Spellings {
  const spellings = new Map<string, { readonly name: string; readonly option: AnyOption }>();
  for (const [name, option] of Object.entries(table)) {
    spellings.set(writeOption(name), { name, option });
    if (option.letter !== undefined) spellings.set(`-${option.letter}`, { name, option });
  }
  return spellings;
}

/**
 * Splits an argument into its options. It holds none if it is `-` or does not begin with a dash.
 * The rest after a letter that takes a value, or that is not known, is that letter's value.
 */
export function takeApart(arg: string, spellings: Spellings): readonly WrittenOption[] {
  if (!arg.startsWith("-") || arg === "-") return [];
  if (arg.startsWith("--")) {
    const [written = "", ...value] = arg.split("=");
    return [{
      written,
      known: spellings.get(written),
      value: value.length === 0 ? undefined : value.join("="),
    }];
  }
  const options: WrittenOption[] = [];
  let rest = arg.slice(1);
  while (rest !== "") {
    const [letter = ""] = rest;
    const written = `-${letter}`;
    const known = spellings.get(written);
    rest = rest.slice(letter.length);
    if (rest !== "" && (rest.startsWith("=") || known?.option.kind !== "switch")) {
      return [...options, { written, known, value: rest.replace(/^=/, "") }];
    }
    options.push({ written, known, value: undefined });
  }
  return options;
}

/** Says whether an option's value is the next argument. */
export function wantsNext({ known, value }: WrittenOption): boolean {
  return known !== undefined && known.option.kind !== "switch" && value === undefined;
}
