/**
 * Removes secrets from texts: those that are known, and those in addresses (the user info before `@`,
 * and the values after `?` and `#`). Addresses are texts here and not parsed URLs, because one that
 * cannot be parsed may contain secrets too.
 */

/** Printed in place of a secret. */
const HIDDEN = "<secret>";

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

/** Shown in place of what was removed from an address. */
const GONE = "…";

/**
 * Makes an address safe to show: without user info, and without the part after `?` or `#`.
 *
 * @param text What was given as an address, whether it is one or not.
 */
export function shownAddress(text: string): string {
  const head = text.replace(/([?#]).+$/s, `$1${GONE}`);
  // An "@" after a "?" belongs to a password that contains a "?", so the last "@" of all counts.
  const at = text.lastIndexOf("@");
  if (at < 0) return head;
  const scheme = /^\s*[a-z][a-z0-9+.-]*:[/\\]+/i.exec(text)?.[0] ?? "";
  return `${scheme}${GONE}@${text.slice(at + 1).replace(/([?#]).+$/s, `$1${GONE}`)}`;
}

/**
 * The same for any typed value, but only if it looks like an address, so that a prompt with a
 * question mark or a mail address stays as it is.
 */
export function shownValue(text: string): string {
  return isLikeAddress(text) ? shownAddress(text) : text;
}

/** Shorter names are names (`user`, `admin`); longer ones may be tokens. */
const LONG_NAME = 8;

/**
 * The secrets in an address: its user info, the password alone, a name that may be a token, and the
 * values of its query; encoded ones also in their decoded form.
 */
export function secretsOfAddress(text: string): readonly string[] {
  const at = text.lastIndexOf("@");
  const info = at < 0 ? "" : text.slice(0, at).replace(/^\s*[a-z][a-z0-9+.-]*:[/\\]+/i, "");
  const colon = info.indexOf(":");
  const name = info.slice(0, Math.max(0, colon));
  const names = [info, info.slice(colon + 1), name.length < LONG_NAME ? "" : name];
  const query = text.slice(at + 1).split(/[?#]/).slice(1).join("&");
  const values = query.split(/[&;]/).flatMap((pair) => [pair, pair.slice(pair.indexOf("=") + 1)]);
  return [...names, ...values].flatMap((one) => [one, decoded(one)]);
}

/**
 * Says whether a text looks like an address: `//` with user info or a query after it,
 * `user:password@host`, or only a query.
 */
function isLikeAddress(text: string): boolean {
  return /^\s*[a-z][a-z0-9+.-]*:[/\\]{1,}.*[@?#]/is.test(text) || /^\S*[:=/]\S*@\S*$/.test(text) ||
    /^\S*[?&#][\w.-]*=\S/.test(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone "%" is not an encoding.
    return text;
  }
}
