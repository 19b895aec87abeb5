/**
 * What could come next on a command line that is being typed, from the same tables that parse it.
 * Nothing is checked: completion does not report errors.
 */
import type { Command } from "../command.ts";
import { COMMANDS, findCommand } from "../command_table.ts";
import type { CommandGroup } from "../command_table.ts";
import {
  DEFAULT_SERVER,
  GENERATE,
  generateNames,
  keyOf,
  SETTING_KEYS,
} from "../config/setting_keys.ts";
import { ASKING_OPTIONS, GLOBAL_OPTIONS } from "../global_options.ts";
import { hoistGlobalOptions } from "../hoist.ts";
import { writeOption } from "../option.ts";
import type { AnyOption, ValueKind } from "../option.ts";
import { spellingsOf, takeApart, wantsNext } from "../spelling.ts";

/** A possible word. */
export interface Candidate {
  readonly text: string;
  /** Its description in one line; empty if there is none. */
  readonly brief: string;
}

/** The possible continuations. */
export interface Suggestions {
  /** Whole words, each beginning with what was typed. */
  readonly candidates: readonly Candidate[];
  /** Paths, which the shell completes itself. */
  readonly paths: { readonly kind: "file" | "directory"; readonly after: string } | null;
}

/** The kind of a value that is not a path. */
export type LiveKind = Exclude<ValueKind, "file" | "directory">;

/** Finds values that are only known at run time. */
export type FindValues = (
  kind: LiveKind,
  said: ReadonlyMap<string, string>,
) => Promise<readonly Candidate[]>;

type Table = Readonly<Record<string, AnyOption>>;

/** A value that is being typed: of an option, or the command's argument. */
interface ValuePlace {
  readonly about: Pick<AnyOption, "choices" | "parts" | "completes" | "placeholder"> & {
    readonly kind?: AnyOption["kind"];
  };
  /** The text before the value in the same word: `--format=`. */
  readonly after: string;
}

const NOTHING: Suggestions = { candidates: [], paths: null };

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

/** The values of a setting in the configuration file: those of the option with the same name. */
async function valueOfSetting(key: string): Promise<ValuePlace["about"]> {
  if (key === DEFAULT_SERVER) return { completes: "server" };
  const [section, ...rest] = key.split(".");
  const name = rest.at(-1) ?? section;
  if (section === GENERATE) {
    const { command } = await import("../commands/generate_image.ts");
    const names = generateNames(command.options);
    const found = names.find((each) => keyOf(each) === name);
    // A table's own type is known to its command alone.
    return found === undefined ? {} : (command.options as Table)[found] ?? {};
  }
  return SETTING_KEYS.find((setting) => setting.key === name)?.option ?? {};
}

async function suggestValue({ about, after }: ValuePlace, line: {
  readonly typed: string;
  readonly said: ReadonlyMap<string, string>;
  readonly find: FindValues;
}): Promise<Suggestions> {
  const { typed, said, find } = line;
  const fixed = about.kind === "switch" ? ["true", "false"] : about.choices;
  if (fixed !== undefined) return ofThose(fixed.map((text) => ({ text, brief: "" })), typed, after);
  if (about.parts !== undefined) return suggestPart(about.parts, typed, after);
  const kind = kindOf(about);
  if (kind === null) return NOTHING;
  if (about.placeholder === "NAME:FILE") return suggestNamedFile(typed, after);
  if (kind === "file" || kind === "directory") return { candidates: [], paths: { kind, after } };
  const found = await find(kind, said);
  if (kind !== "parameter") return ofThose(found, typed, after);
  // First its name, then its value.
  const isName = !typed.slice(after.length).includes("=");
  return ofThose(found.filter(({ text }) => text.endsWith("=") === isName), typed, after);
}

/** Completes the word after the last comma; words before it are not offered again. */
function suggestPart(parts: readonly string[], typed: string, after: string): Suggestions {
  const before = typed.slice(0, Math.max(after.length, typed.lastIndexOf(",") + 1));
  const given = before.slice(after.length).split(",");
  const left = parts.filter((part) => !given.includes(part));
  return ofThose(left.map((text) => ({ text, brief: "" })), typed, before);
}

/** Only the user knows the name; the path comes after the first colon. */
function suggestNamedFile(typed: string, after: string): Suggestions {
  const name = /^[^:]*:/.exec(typed.slice(after.length))?.[0];
  return name === undefined
    ? NOTHING
    : { candidates: [], paths: { kind: "file", after: after + name } };
}

/** Paths are recognised by their placeholder in the help; everything else is in the table. */
function kindOf({ completes, placeholder }: ValuePlace["about"]): ValueKind | null {
  if (completes !== undefined) return completes;
  return placeholder?.endsWith("FILE") ? "file" : placeholder === "DIR" ? "directory" : null;
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

/** The candidates that begin with the word; `after` is the text before the value in that word. */
function ofThose(
  candidates: readonly Candidate[],
  typed: string,
  after = "",
): Suggestions {
  const whole = candidates.map(({ text, brief }) => ({ text: after + text, brief }));
  return { candidates: whole.filter(({ text }) => text.startsWith(typed)), paths: null };
}
