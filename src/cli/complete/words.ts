/**
 * What could come next on a command line that is being typed, from the same tables that parse it.
 * Nothing is checked: completion does not report errors.
 */
import type { Command } from "../command.ts";
import { COMMANDS, findCommand } from "../command_table.ts";
import type { CommandGroup } from "../command_table.ts";
import { ASKING_OPTIONS, GLOBAL_OPTIONS } from "../global_options.ts";
import { hoistGlobalOptions } from "../hoist.ts";
import { writeOption } from "../option.ts";
import type { AnyOption } from "../option.ts";
import { spellingsOf, takeApart, wantsNext } from "../spelling.ts";
import { NOTHING, ofThose, suggestValue, valueOfSetting } from "./suggest_value.ts";
import type { Candidate, FindValues, Suggestions, ValuePlace } from "./suggest_value.ts";

type Table = Readonly<Record<string, AnyOption>>;

/**
 * Finds what could come next.
 *
 * @param words Without the program's name; the last one is being typed, and may be empty.
 * @param commands All commands. @default {COMMANDS}
 * @param find Gets the options so far, by their names.
 */
export async function suggestWords(
  words: readonly string[],
  find: FindValues,
  commands: CommandGroup = COMMANDS,
): Promise<Suggestions> {
  const before = words.slice(0, -1);
  const typed = words.at(-1) ?? "";
  const line = hoistGlobalOptions(before, (path) => findCommand(path, commands)?.kind === "group");
  if (line.words[0] === "help") return suggestTopics(line.rest, { typed, commands });
  const found = findCommand(line.words, commands);
  if (found === undefined) return NOTHING;
  if (found.kind === "group") {
    if (line.rest.length > 0) return NOTHING;
    const place = placeIn({ ...GLOBAL_OPTIONS, ...ASKING_OPTIONS }, line.moved, typed);
    if (place.kind === "value") return await suggestValue(place, { typed, said: place.said, find });
    if (place.kind === "option") return suggestOptions(place, typed);
    return ofThose(membersOf(found, line.words), typed);
  }
  const { command } = await found.load();
  return await suggestInCommand(command, { args: [...line.moved, ...line.rest], typed, find });
}

async function suggestInCommand(command: Command, line: {
  readonly args: readonly string[];
  readonly typed: string;
  readonly find: FindValues;
}): Promise<Suggestions> {
  const { args, typed, find } = line;
  const place = placeIn({ ...command.options, ...ASKING_OPTIONS }, args, typed);
  const { said } = place;
  if (place.kind === "value") return await suggestValue(place, { typed, said, find });
  if (place.kind === "option") return suggestOptions(place, typed);
  const { argument } = command;
  if (argument !== undefined && (place.argumentCount === 0 || argument.isRepeated)) {
    const setting = argument.completes === "config-key" ? place.argument : null;
    const about = setting === null ? argument : await valueOfSetting(setting);
    return await suggestValue({ about, after: "" }, { typed, said, find });
  }
  return typed === "" && !place.isEscaped ? suggestOptions(place, typed) : NOTHING;
}

interface Said {
  /** The last value of each option, by its name. */
  readonly said: ReadonlyMap<string, string>;
  readonly table: Table;
  readonly argumentCount: number;
  /** The first one; `null`: none yet. */
  readonly argument: string | null;
  /** After `--`. */
  readonly isEscaped: boolean;
}

type Place =
  & Said
  & (
    | ({ readonly kind: "value" } & ValuePlace)
    | { readonly kind: "option" }
    | { readonly kind: "argument" }
  );

/** The position on the command line. */
function placeIn(table: Table, args: readonly string[], typed: string): Place {
  const spellings = spellingsOf(table);
  const said = new Map<string, string>();
  let argumentCount = 0;
  let argument: string | null = null;
  let isEscaped = false;
  let pending: AnyOption | null = null;
  for (let next = 0; next < args.length; next++) {
    const arg = args[next] ?? "";
    if (arg === "--" && !isEscaped) {
      isEscaped = true;
      continue;
    }
    const written = isEscaped ? [] : takeApart(arg, spellings);
    if (written.length === 0) {
      argumentCount += 1;
      argument ??= arg;
    }
    for (const each of written) {
      const isBare = each.known?.option.bare !== undefined && args[next + 1]?.startsWith("-");
      const waits: boolean = wantsNext(each) && !isBare;
      if (waits) next += 1;
      if (each.known === undefined) continue;
      pending = waits && next >= args.length ? each.known.option : null;
      said.set(each.known.name, (waits ? args[next] : each.value) ?? "");
    }
  }
  const about = { said, table, argumentCount, argument, isEscaped };
  const isBare = pending?.bare !== undefined && typed.startsWith("-");
  if (pending !== null && !isBare) return { ...about, kind: "value", about: pending, after: "" };
  if (isEscaped || !typed.startsWith("-")) return { ...about, kind: "argument" };
  const last = takeApart(typed, spellings).at(-1);
  if (last?.known === undefined || last.value === undefined) return { ...about, kind: "option" };
  const after = typed.slice(0, typed.length - last.value.length);
  return { ...about, kind: "value", about: last.known.option, after };
}

function suggestOptions({ table, said }: Said, typed: string): Suggestions {
  const candidates = Object.entries(table).flatMap(([name, option]): readonly Candidate[] => {
    if (option.refused !== undefined || (said.has(name) && option.kind !== "list")) return [];
    const isLetter = option.letter !== undefined && typed === `-${option.letter}`;
    return [{ text: isLetter ? typed : writeOption(name), brief: option.brief }];
  });
  return ofThose(candidates, typed);
}

function membersOf(group: CommandGroup, words: readonly string[]): readonly Candidate[] {
  const members = Object.entries(group.members).map(([text, { brief }]) => ({ text, brief }));
  return words.length > 0 ? members : [...members, { text: "help", brief: "Show the help" }];
}

/** `help generate image`, `help options`. */
function suggestTopics(words: readonly string[], { typed, commands }: {
  readonly typed: string;
  readonly commands: CommandGroup;
}): Suggestions {
  const group = findCommand(words, commands);
  if (group?.kind !== "group") return NOTHING;
  const topics = membersOf(group, words).filter(({ text }) => text !== "help");
  const options = { text: "options", brief: "The options that all commands share" };
  return ofThose(words.length === 0 ? [...topics, options] : topics, typed);
}
