/** Takes secrets out of texts. */

/** Stands where a secret was. */
export const HIDDEN = "<secret>";

/**
 * Shorter secrets are not looked for: `a` or `12` is in every second line, so that hiding it would
 * ruin the output, and would not protect what can be guessed in a moment.
 */
const SHORTEST = 4;
/** Shorter ones are hidden only where they stand as a word: `test`, but not the half of `latest`. */
const LONG = 8;

/** Takes secrets out of a text. */
export type HideSecrets = (text: string) => string;

/**
 * Makes the function that takes secrets out of texts, however JSON, YAML, an address or a terminal
 * spells them.
 *
 * @returns `null` if there are none, or none that is long enough.
 */
export function hiderOf(found: readonly string[]): HideSecrets | null {
  const secrets = [...new Set(found.map((one) => one.trim()))]
    .filter((one) => one.length >= SHORTEST);
  if (secrets.length === 0) return null;
  // The longest first, so that none leaves its rest behind because a part of it was hidden before.
  const spellings = [...new Set(secrets.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(spellings.map(patternOf).join("|"), "g");
  return (text) => text.replace(pattern, HIDDEN);
}

/** A key is secret without its scheme (`Bearer abc`) too. */
export function secretsOfValue(value: string): readonly string[] {
  return [value, /^\S+\s+(.+)$/s.exec(value)?.[1] ?? ""];
}

/** As it is, and as JSON, YAML, an address and a terminal spell it. */
function spellingsOf(secret: string): readonly string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll("'", "''"),
    encodeURI(secret.toWellFormed()),
    encodeURIComponent(secret.toWellFormed()),
  ];
}

function patternOf(spelling: string): string {
  const escaped = RegExp.escape(spelling);
  return spelling.length >= LONG ? escaped : `(?<![\\w-])${escaped}(?![\\w-])`;
}
