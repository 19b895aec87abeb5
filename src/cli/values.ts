/**
 * Reads values as people type them, in options and in `ASSET_GENERATOR_*`. Each reader throws an
 * `InvalidValueError` that says what it expects; `readFrom()` makes the whole sentence, because
 * only its caller knows where the value came from.
 */
import { shortened } from "../cut_text.ts";
import { UsageError } from "../errors.ts";
import { shownAddress, shownValue } from "../hide_secrets.ts";

/** A value that makes no sense; the message says what is expected instead. */
export class InvalidValueError extends RangeError {
  override readonly name = "InvalidValueError";
}

const LONGEST_QUOTE = 60;

/**
 * Makes the error for a value that makes no sense.
 *
 * @param place The option or variable.
 * @param found.text The value; it is shortened, and never shown if `isSecret`.
 */
export function describeInvalidValue(place: string, found: {
  readonly text: string;
  readonly isSecret: boolean;
  readonly reason: string;
}): UsageError {
  // A value in the place of an address is always shown like one, even if it does not look like one.
  const text = /ur[li]$/i.test(place) ? shownAddress(found.text) : found.text;
  const shown = found.isSecret ? "" : ` ${quote(text)}`;
  return new UsageError(`Cannot use ${place}${shown}: ${found.reason}`);
}

/**
 * Reads a value from an option, an argument or a variable.
 *
 * @param place Its name, for the error.
 * @param from.isSecret Its text is never shown.
 * @throws {UsageError} If it makes no sense.
 */
export function readFrom<T>(place: string, from: {
  readonly text: string;
  readonly isSecret?: boolean | undefined;
  readonly read: (text: string) => T;
}): T {
  try {
    return from.read(from.text);
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    const { text, isSecret = false } = from;
    throw describeInvalidValue(place, { text, isSecret, reason: error.message });
  }
}

/** Any text except an empty one. */
export function readText(text: string): string {
  if (text === "") {
    throw new InvalidValueError("it is empty (give a value, or leave it out)");
  }
  return text;
}

/**
 * A key or a token: characters that an HTTP header or a cookie can hold, so no line breaks or other
 * control characters.
 */
export function readSecret(text: string): string {
  const isSendable = [...readText(text)].every((character) => {
    const code = character.charCodeAt(0);
    return code >= 0x20 && code < 0x7F;
  });
  if (!isSendable) throw new InvalidValueError("expected printable ASCII characters only");
  return text;
}

/** An HTTP header. */
export interface Header {
  readonly name: string;
  readonly value: string;
}

/** Headers that frame a message or belong to the connection: a wrong one would break it. */
const OWN_HEADERS =
  /^(?:connection|content-(?:length|type|encoding)|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade|sec-websocket-.*|x-swarm-backend-id|x-session-id)$/i;

/** Reads a header's name: a token of RFC 9110, except those that this tool must set itself. */
function readHeaderName(text: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]{1,256}$/.test(text)) {
    throw new InvalidValueError("expected a header such as 'X-Team: art'");
  }
  if (OWN_HEADERS.test(text)) {
    throw new InvalidValueError(`the tool itself sets the header ${text.toLowerCase()}`);
  }
  return text;
}

/** Reads a header as it is written in HTTP: `Name: value`. */
export function readHeader(text: string): Header {
  const colon = text.indexOf(":");
  if (colon < 1) throw new InvalidValueError("expected a header such as 'X-Team: art'");
  const value = text.slice(colon + 1).trim();
  return { name: readHeaderName(text.slice(0, colon)), value: readSecret(value) };
}

/** Reads a header's name and the file that holds its value: `Name: FILE`. */
export function readHeaderFile(text: string): { readonly name: string; readonly file: string } {
  const colon = text.indexOf(":");
  if (colon < 1) {
    throw new InvalidValueError("expected a header and a file, such as 'X-Team: FILE'");
  }
  return {
    name: readHeaderName(text.slice(0, colon)),
    file: readPath(text.slice(colon + 1).trim()),
  };
}

/**
 * A file's path. For the system, a path ends at NUL, so a path with a NUL would name another file.
 */
export function readPath(text: string): string {
  if (readText(text).includes("\0")) throw new InvalidValueError("a path cannot contain a NUL");
  return text;
}

/**
 * The address of a server, as it was typed. It is printed and shared, so it holds no user info.
 * `HOST:PORT` alone means `http://HOST:PORT`.
 */
export function readServerUrl(text: string): string {
  const isBare = !text.includes("://") && /:\d+(\/|$)/.test(text);
  const address = isBare ? `http://${text}` : text;
  const url = /^https?:\/\//i.test(address) ? URL.parse(address) : null;
  if (url === null) {
    throw new InvalidValueError(
      "expected an http:// or https:// address, such as http://127.0.0.1:7801",
    );
  }
  if (url.username || url.password) {
    throw new InvalidValueError(
      "expected an address without user name and password (use --api-key or --token)",
    );
  }
  if (url.search || url.hash) {
    throw new InvalidValueError("expected an address without a query (? or #)");
  }
  return address;
}

/** The name or the address of a machine, without a port; an IPv6 address with or without brackets. */
export function readHostName(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, "$1");
  const url = URL.parse(`http://${host.includes(":") ? `[${host}]` : host}/`);
  if (url === null || url.port !== "" || url.pathname !== "/" || url.username !== "") {
    throw new InvalidValueError("expected a host name or an address, without a port");
  }
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

/** The address of a Redis or Valkey, with user and password if it wants them; as it was typed. */
export function readRedisUrl(text: string): string {
  const url = /^(?:redis|valkey)s?:\/\/[\x21-\x7e]+$/.test(text) ? URL.parse(text) : null;
  const isWhole = url !== null && url.hostname !== "" && /^\/?$|^\/\d{1,5}$/.test(url.pathname) &&
    !/[?#]/.test(text) && isEncoded(url.username) && isEncoded(url.password);
  if (isWhole) return text;
  throw new InvalidValueError(
    "expected an address such as redis://HOST:6379 or rediss://USER:PASSWORD@HOST:6380/0 (in a " +
      "password write @ as %40, / as %2F, : as %3A, ? as %3F, # as %23 and % as %25)",
  );
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** What the holder of a claim calls itself. */
export function readClaimName(text: string): string {
  if (/^[\w.@-]{1,64}$/.test(text)) return text;
  throw new InvalidValueError("expected a name of letters, digits and . _ - @, such as nightly");
}

/** The id of a claim. */
export function readClaimId(text: string): string {
  if (/^[\w-]{1,64}$/.test(text)) return text;
  throw new InvalidValueError("expected the ID of a claim, such as claim-7f3k9x2q");
}

/** What keys on Redis begin with. */
export function readRedisPrefix(text: string): string {
  if (/^[\w.:{}-]{1,64}$/.test(text)) return text;
  throw new InvalidValueError(
    "expected up to 64 letters, digits and characters of _ . : - { }, such as team-a:",
  );
}

/** Words that commands use for any server or all servers, so that no server can have their name. */
const NO_NAMES: readonly string[] = ["any", "all"];

/** The name of an entry of the configuration file's `servers`. */
export function readServerName(text: string): string {
  if (NO_NAMES.includes(text.toLowerCase())) {
    throw new InvalidValueError(`"${text.toLowerCase()}" cannot be the name of a server`);
  }
  if (/^[A-Za-z0-9][\w-]{0,63}$/.test(text)) return text;
  throw new InvalidValueError("expected a name of letters, digits, - and _, such as gpu2");
}

/**
 * The path of a value in a document: names and positions with dots between them, and `[]` or `[0]`
 * after the name of a list, as in `verdict`, `images[].url` or `backends.0.id`.
 */
export function readValuePath(text: string): string {
  if (/^([\w-]+|\[\d*\])(\.?\[\d*\]|\.[\w-]+)*$/.test(text.replace(/^\./, ""))) return text;
  throw new InvalidValueError("expected a path such as verdict, backends.0.id or images[].url");
}

/** Reads whether a switch is on: the values after `--quiet=`. */
export function readSwitch(text: string): boolean {
  const word = text.toLowerCase();
  if (["true", "t", "yes", "y", "on", "1"].includes(word)) return true;
  if (["false", "f", "no", "n", "off", "0"].includes(word)) return false;
  throw new InvalidValueError("expected true or false");
}

/** Makes a reader of one of several words. */
export function choiceReader<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const choice = choices.find((each) => each === text);
    if (choice === undefined) throw new InvalidValueError(`expected ${listOf(choices)}`);
    return choice;
  };
}

/** A list for people: `a`, `a or b`, `a, b or c`. */
export function listOf(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** A value in quotes, shortened, and without the secrets of an address. */
export function quote(text: string): string {
  const shown = shownValue(text);
  return `"${shortened(shown, LONGEST_QUOTE)}"`;
}
