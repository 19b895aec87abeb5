/**
 * Finds models, samplers and the like by name. SwarmUI would guess: it takes the shortest entry
 * that contains a typo (`swarmui-protocol.md §3.2`). So names are checked here, and nothing is
 * guessed.
 */
import { UsageError } from "../../errors.ts";
import type { ModelEntry } from "../../generation/server/image_server.ts";
import { escapeForTerminal } from "../../render/escape.ts";
import { listOf, quote } from "../values.ts";
import { closestHint } from "./closest_name.ts";
import { baseOf, stemOf } from "./model_name.ts";

/**
 * SwarmUI cuts its list of models at this length without saying so (`swarmui-protocol.md §7.1`).
 */
const LIST_CAP = 5000;
const SHOWN_MAX = 10;

/**
 * Finds the model to generate with.
 *
 * @param wanted As the user typed it, with or without file extension and folder; `null`: that of
 * `soleModel()`, else the server's default.
 * @param serverDefault The model in the server's own settings; `null`: none.
 * @throws {UsageError} If there is no such model, or several; names what there is.
 */
export function chooseModel(
  wanted: string | null,
  models: readonly ModelEntry[],
  serverDefault: string | null = null,
): ModelEntry {
  if (wanted !== null) return findNamed(wanted, models, "model");
  const sole = soleModel(models);
  if (sole !== null) return certain(sole, models, "model");
  const stem = stemOf(serverDefault ?? "");
  const fallback = models.find(({ name }) => stemOf(name) === stem);
  if (fallback !== undefined) return certain(fallback, models, "model");
  const loaded = models.filter((model) => model.loaded);
  if (models.length === 0) {
    throw new UsageError(
      "Cannot choose a model: the server has none (put a model file into its models folder)",
    );
  }
  const found = loaded.length === 0
    ? `none of the ${models.length} is loaded`
    : `${loaded.length} are loaded`;
  const names = (loaded.length > 0 ? loaded : models).map(({ name }) => name);
  const more = names.length > SHOWN_MAX ? ", …" : "";
  throw new UsageError(
    `Cannot choose a model: ${found}: ${names.slice(0, SHOWN_MAX).join(", ")}${more}`,
    { addWords: ["--model", stemOf(names[0] ?? "")] },
  );
}

/** The only loaded model, else the only model at all; `null`: there is neither. */
export function soleModel(models: readonly ModelEntry[]): ModelEntry | null {
  const loaded = models.filter((model) => model.loaded);
  const [only, ...more] = loaded.length === 0 ? models : loaded;
  return only === undefined || more.length > 0 ? null : only;
}

/**
 * Finds an entry by its name: in full, without its file extension, in another case, without its
 * folders if that is unique, or as a terminal shows it.
 *
 * @throws {UsageError} If there is no such entry, or several, or the server could confuse it with
 * another one; names the closest.
 *
 * @param noun What it is, for errors: `model`, `LoRA`, a parameter's name.
 */
export function findNamed(
  wanted: string,
  entries: readonly ModelEntry[],
  noun: string,
): ModelEntry {
  const called = calledSo(wanted, entries);
  const [only] = called;
  if (only !== undefined && called.length === 1) return certain(only, entries, noun);
  if (called.length > 1) {
    const names = called.slice(0, SHOWN_MAX).map(({ name }) => name);
    throw new UsageError(
      `Cannot use ${noun} ${quote(wanted)}: ${called.length} have this name (${listOf(names)})`,
    );
  }
  if (entries.length >= LIST_CAP) {
    return unlisted(wanted);
  }
  throw new UsageError(
    `Cannot use ${noun} ${quote(wanted)}: the server has no such ${noun} (${
      closestHint(wanted, entries.map(({ name }) => name))
    })`,
  );
}

/** An entry of which nothing but its name is known. */
export function unlisted(name: string): ModelEntry {
  return { name, loaded: false, standardWidth: null, standardHeight: null };
}

/** Whether a terminal shows a name so, with escapes: what it shows can be pasted back. */
export function isShownAs(name: string, text: string): boolean {
  return text.includes("\\u{") && escapeForTerminal(name) === text;
}

/** The entries that a name matches, by the first of several rules that finds any. */
export function calledSo<T extends { readonly name: string }>(
  wanted: string,
  entries: readonly T[],
): readonly T[] {
  const stem = stemOf(wanted);
  const key = stem.toLowerCase();
  // An exact match comes before a similar one.
  const ways: readonly ((name: string) => boolean)[] = [
    (name) => name === wanted,
    (name) => stemOf(name) === stem,
    (name) => stemOf(name).toLowerCase() === key,
    (name) => baseOf(stemOf(name)).toLowerCase() === key,
    (name) => isShownAs(stemOf(name), stem) || isShownAs(baseOf(stemOf(name)), stem),
  ];
  return ways.map((isCalled) => entries.filter(({ name }) => isCalled(name)))
    .find((found) => found.length > 0) ?? [];
}

/**
 * Checks that the server cannot confuse an entry with another one. It compares names without case,
 * spaces and brackets and takes the first match, so even an exact name is not enough
 * (`swarmui-protocol.md §3.2`).
 */
function certain(
  entry: ModelEntry,
  entries: readonly ModelEntry[],
  noun: string,
): ModelEntry {
  const key = serverKey(entry.name);
  const others = entries.filter(({ name }) => name !== entry.name && serverKey(name) === key);
  if (others.length === 0) return entry;
  throw twins(entry.name, { others: others.map(({ name }) => name), noun });
}

function twins(
  name: string,
  { others, noun }: { readonly others: readonly string[]; readonly noun: string },
): UsageError {
  const names = others.slice(0, SHOWN_MAX).map(quote);
  return new UsageError(
    `Cannot use ${noun} ${quote(name)}: the server cannot tell it from ${listOf(names)} ` +
      "(rename one of them on the server)",
  );
}

function serverKey(name: string): string {
  return name.replace(/\.safetensors$/, "").toLowerCase().replaceAll(/[ [\]]/g, "").trim();
}

/**
 * Finds a word in one of the server's lists, in any case.
 *
 * @param choices `null` if the server does not list them: then the server decides.
 * @throws {UsageError} If there is no such word; names the closest.
 */
export function findChoice(
  wanted: string,
  choices: readonly string[] | null,
  noun: string,
): string {
  if (choices === null || choices.length === 0) return wanted;
  const found = choices.find((choice) => choice === wanted) ??
    choices.find((choice) => choice.toLowerCase() === wanted.toLowerCase()) ??
    choices.find((choice) => isShownAs(choice, wanted));
  if (found !== undefined) {
    const others = choices.filter((one) => one !== found && serverKey(one) === serverKey(found));
    if (others.length > 0) throw twins(found, { others, noun });
    return found;
  }
  throw new UsageError(
    `Cannot use ${noun} ${quote(wanted)}: the server has no such ${noun} (${
      closestHint(wanted, choices)
    })`,
  );
}

/**
 * The only sampler or scheduler that can be meant in the spelling of another tool, as `euler_a` or
 * `DPM++ 2M`: punctuation and spaces are ignored, `a` stands for `ancestral`, and `++` for `pp`.
 *
 * @returns `null` if the name is a choice itself, or matches none or several.
 */
export function otherSpelling(name: string, choices: readonly string[]): string | null {
  if (choices.some((choice) => choice.toLowerCase() === name.toLowerCase())) return null;
  const key = plainKey(name);
  if (key === "") return null;
  const meant = choices.filter((choice) =>
    plainKey(choice) === key || plainKey(choice.replace(/(^|_)ancestral(?=_|$)/i, "$1a")) === key
  );
  const [only] = meant;
  return only !== undefined && meant.length === 1 ? only : null;
}

function plainKey(name: string): string {
  return name.toLowerCase().replaceAll("++", "pp").replaceAll(/[^a-z0-9]/g, "");
}
