/** What could come next where a value is typed: of an option, of a setting, or an argument. */
import {
  DEFAULT_SERVER,
  GENERATE,
  generateNames,
  keyOf,
  SETTING_KEYS,
} from "../config/setting_keys.ts";
import type { AnyOption, ValueKind } from "../option.ts";

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

/** A value that is being typed: of an option, or the command's argument. */
export interface ValuePlace {
  readonly about: Pick<AnyOption, "choices" | "parts" | "completes" | "placeholder"> & {
    readonly kind?: AnyOption["kind"];
  };
  /** The text before the value in the same word: `--format=`. */
  readonly after: string;
}

/** Nothing can be suggested. */
export const NOTHING: Suggestions = { candidates: [], paths: null };

/** Finds the values that could come next. */
export async function suggestValue({ about, after }: ValuePlace, line: {
  readonly typed: string;
  readonly said: ReadonlyMap<string, string>;
  readonly find: FindValues;
}): Promise<Suggestions> {
  const { typed, said, find } = line;
  const fixed = about.kind === "switch" ? ["true", "false"] : about.choices;
  if (fixed !== undefined) return ofThose(fixed.map(wordAlone), typed, after);
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
  return ofThose(left.map(wordAlone), typed, before);
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

/** The values of a setting in the configuration file: those of the option with the same name. */
export async function valueOfSetting(key: string): Promise<ValuePlace["about"]> {
  if (key === DEFAULT_SERVER) return { completes: "server" };
  const [section, ...rest] = key.split(".");
  const name = rest.at(-1) ?? section;
  if (section === GENERATE) {
    const { command } = await import("../commands/generate_image.ts");
    const names = generateNames(command.options);
    const found = names.find((each) => keyOf(each) === name);
    // A table's own type is known to its command alone.
    return found === undefined
      ? {}
      : (command.options as Readonly<Record<string, AnyOption>>)[found] ?? {};
  }
  return SETTING_KEYS.find((setting) => setting.key === name)?.option ?? {};
}

/** A word without a description. */
export function wordAlone(text: string): Candidate {
  return { text, brief: "" };
}

/** The candidates that begin with the word; `after` is the text before the value in that word. */
export function ofThose(
  candidates: readonly Candidate[],
  typed: string,
  after = "",
): Suggestions {
  const whole = candidates.map(({ text, brief }) => ({ text: after + text, brief }));
  return { candidates: whole.filter(({ text }) => text.startsWith(typed)), paths: null };
}
