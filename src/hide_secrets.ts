/** Removes secrets from texts. */

/** Printed in place of a secret. */
export const HIDDEN = "<secret>";

/**
 * Shorter secrets are not hidden: `a` or `12` is in every second line, so hiding it would ruin the
 * output and protect nothing that is hard to guess.
 */
const SHORTEST = 4;
/** Shorter secrets are hidden only as a whole word: `test` alone, but not as a part of `latest`. */
const LONG = 8;

/** Removes secrets from a text. */
export type HideSecrets = (text: string) => string;

/**
 * Makes a function that removes secrets from texts, in every form in which JSON, YAML, an address
 * or a terminal writes them.
 *
 * @returns `null` if there are none, or all are too short.
 */
export function hiderOf(found: readonly string[]): HideSecrets | null {
  const secrets = [...new Set(found.map((one) => one.trim()))]
    .filter((one) => one.length >= SHORTEST);
  if (secrets.length === 0) return null;
  // The longest first: otherwise hiding a short secret could break up a longer one that contains
  // it.
  const spellings = [...new Set(secrets.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(spellings.map(patternOf).join("|"), "g");
  return (text) => text.replace(pattern, HIDDEN);
}

/** The secret parts of a credential: the whole, and without its scheme (`abc` of `Bearer abc`). */
export function secretsOfValue(value: string): readonly string[] {
  return [value, /^\S+\s+(.+)$/s.exec(value)?.[1] ?? ""];
}

/** All forms of a secret: plain, and as JSON, YAML, an address and a terminal write it. */
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
