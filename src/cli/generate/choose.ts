/**
 * Names that the server would match by guessing: SwarmUI takes the shortest entry that contains a
 * typo (`swarmui-protocol.md §3.2`), so names are checked here and nothing is guessed.
 */
import { UsageError } from "../../errors.ts";
import type { ModelEntry } from "../../generation/image_server.ts";
import { listOf, quote } from "../values.ts";
import { closestHint } from "./closest_name.ts";
import { baseOf, stemOf } from "./model_name.ts";

/** SwarmUI cuts its list of models here without a word (`swarmui-protocol.md §7.1`). */
const LIST_CAP = 5000;
const SHOWN_MAX = 10;

/**
 * Finds the model to generate with.
 *
 * @param wanted As the user names it, the file's ending and the folder may be left out; `null`: the
 * only model that is loaded.
 * @throws {UsageError} If there is none such, or several; names what there is.
 */
export function chooseModel(wanted: string | null, models: readonly ModelEntry[]): ModelEntry {
  if (wanted !== null) return findNamed(wanted, models, "model");
  const loaded = models.filter((model) => model.loaded);
  const [only] = loaded;
  if (only !== undefined && loaded.length === 1) return only;
  const found = loaded.length === 0 ? "none is loaded" : `${loaded.length} are loaded`;
  const shown = (loaded.length > 0 ? loaded : models).slice(0, SHOWN_MAX).map(({ name }) => name);
  const more = models.length > shown.length && loaded.length === 0 ? ", …" : "";
  throw new UsageError(
    `Cannot choose a model: ${found} (give --model; there is ${shown.join(", ") || "none"}${more})`,
  );
}

/**
 * Finds an entry by its name: in full, without its ending, in another case, or without its folders
 * if only one entry is called so.
 *
 * @throws {UsageError} If there is none such, or several; names the closest.
 */
export function findNamed(
  wanted: string,
  entries: readonly ModelEntry[],
  noun: "model" | "LoRA",
): ModelEntry {
  const exact = entries.find(({ name }) => name === wanted) ??
    entries.find(({ name }) => stemOf(name) === stemOf(wanted));
  if (exact !== undefined) return exact;
  const key = stemOf(wanted).toLowerCase();
  const same = entries.filter(({ name }) => stemOf(name).toLowerCase() === key);
  const called = same.length > 0
    ? same
    : entries.filter(({ name }) => baseOf(stemOf(name)).toLowerCase() === key);
  const [only] = called;
  if (only !== undefined && called.length === 1) return only;
  if (called.length > 1) {
    const names = called.slice(0, SHOWN_MAX).map(({ name }) => name);
    throw new UsageError(
      `Cannot use ${noun} ${quote(wanted)}: ${called.length} are called so (${listOf(names)})`,
    );
  }
  if (entries.length >= LIST_CAP) {
    return { name: wanted, loaded: false, standardWidth: null, standardHeight: null };
  }
  throw new UsageError(
    `Cannot use ${noun} ${quote(wanted)}: the server has no such ${noun} (${
      closestHint(wanted, entries.map(({ name }) => name))
    })`,
  );
}

/**
 * Finds a word of a list of the server's; any case.
 *
 * @param choices `null` where the server does not list them: then the word is left to the server.
 * @throws {UsageError} If there is no such word; names the closest.
 */
export function findChoice(
  wanted: string,
  choices: readonly string[] | null,
  noun: string,
): string {
  if (choices === null || choices.length === 0) return wanted;
  const found = choices.find((choice) => choice === wanted) ??
    choices.find((choice) => choice.toLowerCase() === wanted.toLowerCase());
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use ${noun} ${quote(wanted)}: the server has no such ${noun} (${
      closestHint(wanted, choices)
    })`,
  );
}
