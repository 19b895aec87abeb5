/** Which option may have been meant by one that does not exist. */
import { writeOption } from "./option.ts";
import type { AnyOption } from "./option.ts";
import { suggest } from "./suggest.ts";
import { listOf } from "./values.ts";

/**
 * A question that names the closest options to one that does not exist, else where to read more.
 *
 * @param arg The argument as it was typed: `--formatt`, `-formatt`, `-z`.
 */
export function optionHint(
  arg: string,
  table: Readonly<Record<string, AnyOption>>,
  see: string,
): string {
  const offered = Object.entries(table).filter(([, { refused }]) => refused === undefined);
  const names = offered.map(([name]) => writeOption(name).slice(2));
  const [word = ""] = arg.replace(/^--?/, "").split("=", 1);
  const meant = offered.filter(([, { alsoCalled }]) => alsoCalled?.includes(word));
  const near = meant.length > 0
    ? meant.map(([name]) => writeOption(name))
    : word.length > 1
    ? suggest(word, names).map((name) => `--${name}`)
    : offered.flatMap(([, { letter }]) => isOtherCase(letter, word) ? [`-${letter}`] : []);
  return near.length > 0 ? `(did you mean ${listOf(near)}?)` : see;
}

function isOtherCase(letter: string | undefined, word: string): boolean {
  return letter?.toLowerCase() === word.toLowerCase();
}
