/**
 * The secrets of this run, taken out of every text that it writes. A last line of defence: whoever
 * makes a text keeps secrets out of it. But a server may repeat them, and so may the system or a bug.
 */
import { secretsOfAddress } from "./address_secrets.ts";
import type { Context } from "./context.ts";
import type { Environment } from "./settings.ts";
import type { ColorChoice, Terminal } from "./terminal.ts";

/** Stands where a secret was. */
export const HIDDEN = "<secret>";

/**
 * Shorter secrets are not looked for: `a` or `12` is in every second line, so that hiding it would
 * ruin the output, and would not protect what can be guessed in a moment.
 */
const SHORTEST = 4;
/** Shorter ones are hidden only where they stand as a word: `test`, but not the half of `latest`. */
const LONG = 8;

/** Options whose value is a secret, misspelt ones (`--apikey`) and those of other tools included. */
const SECRET_OPTION =
  /^--?(?:[a-z]+[-_])*?(?:api[-_]?key|key|tok\w*|secret|pass\w*|auth\w*|header)$/i;
/** Options whose value is an address. */
const ADDRESS_OPTION = /^--?[\w-]*ur[li]$/i;

const SECRET_VARIABLES = ["ASSET_GENERATOR_API_KEY", "ASSET_GENERATOR_TOKEN"];
/** Those of proxies too, whose addresses Deno's own errors may name. */
const ADDRESS_VARIABLES = ["ASSET_GENERATOR_API_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/** Takes the secrets of this run out of a text. */
export type HideSecrets = (text: string) => string;

/**
 * Finds the secrets of a command line and of the environment.
 *
 * @returns `null` if there are none, as mostly.
 */
export function findSecrets(
  args: readonly string[],
  environment: Environment,
): HideSecrets | null {
  const found = [...secretsOfArguments(args), ...secretsOfEnvironment(environment)];
  const secrets = new Set(found.map((one) => one.trim()).filter((one) => one.length >= SHORTEST));
  return secrets.size === 0 ? null : hiderOf([...secrets]);
}

/** The same world, where no secret can be written: to no stream, and to no file of a result. */
export function withoutSecrets(context: Context, hide: HideSecrets): Context {
  const { terminal, writeFile } = context;
  const hiding: Terminal = {
    get isOutTerminal(): boolean {
      return terminal.isOutTerminal;
    },
    get isErrTerminal(): boolean {
      return terminal.isErrTerminal;
    },
    get colorChoice(): ColorChoice {
      return terminal.colorChoice;
    },
    get isDumb(): boolean {
      return terminal.isDumb;
    },
    columns: () => terminal.columns(),
    rows: () => terminal.rows(),
    onResize: (listener) => terminal.onResize(listener),
    onStop: (listener) => terminal.onStop(listener),
    out: (text) => terminal.out(hide(text)),
    err: (text) => terminal.err(hide(text)),
    endSoon: (reason) => terminal.endSoon(reason),
  };
  return { ...context, terminal: hiding, writeFile: (path, text) => writeFile(path, hide(text)) };
}

function secretsOfArguments(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, index) => {
    const [name = "", ...rest] = arg.split("=");
    const next = args[index + 1] ?? "";
    // What begins with a dash is the next option: a value is missing, or written with "=".
    const value = rest.length > 0 ? rest.join("=") : next.startsWith("-") ? "" : next;
    if (SECRET_OPTION.test(name)) return secretsOfValue(value);
    if (ADDRESS_OPTION.test(name)) return secretsOfAddress(value);
    return /^[a-z][a-z0-9+.-]*:\/\/\S*$/i.test(arg) ? secretsOfAddress(arg) : [];
  });
}

function secretsOfEnvironment(environment: Environment): readonly string[] {
  function read(name: string): string {
    try {
      return environment.get(name) ?? "";
    } catch {
      // Not UTF-8: whoever needs the variable says so, and nobody can write what could not be read.
      return "";
    }
  }
  return [
    ...SECRET_VARIABLES.flatMap((name) => secretsOfValue(read(name))),
    ...ADDRESS_VARIABLES.flatMap((name) => [name, name.toLowerCase()])
      .flatMap((name) => secretsOfAddress(read(name))),
  ];
}

/** A key is secret without its scheme (`Bearer abc`) too. */
function secretsOfValue(value: string): readonly string[] {
  return [value, /^\S+\s+(.+)$/s.exec(value)?.[1] ?? ""];
}

/** Makes the function that hides secrets of at least `SHORTEST` characters. */
function hiderOf(secrets: readonly string[]): HideSecrets {
  // The longest first, so that none leaves its rest behind because a part of it was hidden before.
  const spellings = [...new Set(secrets.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(spellings.map(patternOf).join("|"), "g");
  const hide = (text: string): string => text.replace(pattern, HIDDEN);
  return (text) => isJson(text) ? hideInJson(text, hide) : hide(text);
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

function isJson(text: string): boolean {
  if (!text.startsWith("{")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * JSON is changed within its texts alone: neither names of fields nor numbers, so that it stays JSON
 * with the fields of its schema.
 */
function hideInJson(json: string, hide: HideSecrets): string {
  return json.replace(
    /"((?:[^"\\]|\\.)*)"(\s*:)?/g,
    (whole: string, text: string, colon: string | undefined) =>
      colon === undefined ? `"${hide(text)}"` : whole,
  );
}
