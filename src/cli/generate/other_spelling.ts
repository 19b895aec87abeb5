/**
 * Recognises samplers and schedulers in the spelling of other tools: `euler_a`, `DPM++ 2M`. The
 * server would take the shortest name that contains such a word, so this tool decides.
 */

/**
 * The only choice that another tool's name can mean: punctuation and spaces are ignored, `a` stands
 * for `ancestral`, and `++` for `pp`.
 *
 * @returns `null` if the name is a choice itself, or matches none or several.
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
