/**
 * Samplers and schedulers in the spelling of other tools: `euler_a`, `DPM++ 2M`. The server would take
 * the shortest name that contains such a word, so it is not left to that.
 */

/**
 * The one choice that a name of another tool means: signs and spaces do not count, `a` stands for
 * `ancestral`, and `++` for `pp`.
 *
 * @returns `null` if the name is a choice as it is, or means none of them or several.
 */
export function otherSpelling(name: string, choices: readonly string[]): string | null {
  if (choices.some((choice) => choice.toLowerCase() === name.toLowerCase())) return null;
  const key = keyOf(name);
  if (key === "") return null;
  const meant = choices.filter((choice) =>
    keyOf(choice) === key || keyOf(choice.replace(/(^|_)ancestral(?=_|$)/i, "$1a")) === key
  );
  const [only] = meant;
  return only !== undefined && meant.length === 1 ? only : null;
}

function keyOf(name: string): string {
  return name.toLowerCase().replaceAll("++", "pp").replaceAll(/[^a-z0-9]/g, "");
}
