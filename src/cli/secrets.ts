/**
 * The secrets of this run, taken out of every text that it writes. A last line of defence: whoever
 * makes a text keeps secrets out of it. But a server may repeat them, and so may the system or a bug.
 */
import { AppError } from "../errors.ts";
import { hiderOf, type HideSecrets, secretsOfValue } from "../hide_secrets.ts";
import { secretsOfAddress } from "./address_secrets.ts";
import type { Context } from "./context.ts";
import type { Environment } from "./settings.ts";
import type { ColorChoice, Terminal } from "./terminal.ts";

/** Options whose value is a secret, misspelt ones (`--apikey`) and those of other tools included. */
const SECRET_OPTION =
  /^--?(?:[a-z]+[-_])*?(?:api[-_]?key|key|tok\w*|secret|pass\w*|auth\w*|header)$/i;
/** What `config set` is given before a secret. */
const SECRET_KEY = /^(?:servers\.[^.]+\.)?(?:token|api-key|headers\.\S+)$/i;
/** Options whose value is an address. */
const ADDRESS_OPTION = /^--?[\w-]*ur[li]$/i;

const SECRET_VARIABLES = [
  "ASSET_GENERATOR_API_KEY",
  "ASSET_GENERATOR_TOKEN",
  "ASSET_GENERATOR_HEADERS",
];
/** Those of proxies too, whose addresses Deno's own errors may name. */
const ADDRESS_VARIABLES = ["ASSET_GENERATOR_API_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/**
 * Secrets that look like words: `status`, `models_count`, `Idle`. The output may hold such a word of
 * its own, in which it must stay. What others say of it is hidden all the same: see `SecretsOfRun`.
 */
const PLAIN_WORDS = /^[A-Za-z][a-z]{0,15}(?:[ _-][A-Za-z][a-z]{0,15})*$/;

/** How the secrets of a run are hidden; `null`: there is nothing to hide there. */
export interface SecretsOfRun {
  /** In all that is written, which is our own for the most part: all that is no plain word. */
  readonly inOutput: HideSecrets | null;
  /** In what others say or what was typed, plain words too. A server's words its adapter looks through. */
  readonly inQuotes: HideSecrets | null;
}

/**
 * Finds the secrets of a command line and of the environment.
 *
 * @param more Values that were found elsewhere and are secret.
 */
export function findSecrets(
  args: readonly string[],
  environment: Environment,
  more: readonly string[] = [],
): SecretsOfRun {
  const secrets = [
    ...secretsOfArguments(args),
    ...secretsOfEnvironment(environment),
    ...more.flatMap(secretsOfValue),
  ];
  const hide = hiderOf(secrets.filter((one) => !PLAIN_WORDS.test(one.trim())));
  return {
    inOutput: hide && ((text) => isJson(text) ? hideInJson(text, hide) : hide(text)),
    inQuotes: hiderOf(secrets),
  };
}

/**
 * The same error, as it may be told. In a failure of ours only what is quoted was said or typed by
 * others; all of an error that nobody foresaw may be.
 */
export function hideInError(error: unknown, { inQuotes }: SecretsOfRun): unknown {
  if (inQuotes === null || !(error instanceof Error)) return error;
  error.message = error instanceof AppError
    ? error.message.replace(/"[^"]*"/g, inQuotes)
    : inQuotes(error.message);
  if (!(error instanceof AppError)) error.stack = inQuotes(error.stack ?? "");
  return error;
}

/** The same world, where no secret can be written: to no stream, and to no file of a result. */
export function withoutSecrets(context: Context, { inOutput: hide }: SecretsOfRun): Context {
  if (hide === null) return context;
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
    if (SECRET_KEY.test(arg)) return secretsOfValue(next);
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
    // Headers are several lines.
    ...SECRET_VARIABLES.flatMap((name) => read(name).split(/\r?\n/).flatMap(secretsOfValue)),
    ...ADDRESS_VARIABLES.flatMap((name) => [name, name.toLowerCase()])
      .flatMap((name) => secretsOfAddress(read(name))),
  ];
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
