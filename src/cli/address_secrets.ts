/**
 * Removes secrets from addresses: the user info before `@`, and the values after `?` and `#`. It
 * works on the text and not on a parsed URL, because an address that cannot be parsed may contain
 * them too.
 */

/** Shown in place of what was removed. */
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
