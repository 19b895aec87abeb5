/**
 * Removes the secrets of this run from everything that is written. This is a last line of defence:
 * code that makes texts keeps secrets out of them, but a server may repeat them, and so may the
 * system or a bug.
 */
import { AppError } from "../errors.ts";
import { hiderOf, type HideSecrets, secretsOfAddress, secretsOfValue } from "../hide_secrets.ts";
import { endOfString } from "../json_object.ts";
import type { Context } from "./context.ts";
import type { Environment } from "./setting_layers.ts";
import type { ColorChoice, Terminal } from "./terminal.ts";

// All of these are for lower case: with the flag `i`, the first pattern takes V8 a hundredth of a start.
/**
 * Options whose value is a secret, including misspelt ones (`--apikey`) and those of other tools.
 */
const SECRET_OPTION =
  /^--?(?:[a-z]+[-_])*?(?:api[-_]?key|key|tok\w*|secret|pass\w*|auth\w*|header)$/;
/** Keys of `config set` whose value is a secret. */
const SECRET_KEY = /^(?:servers\.[^.]+\.)?(?:token|api-key|headers\.\S+)$/;
/** Options whose value is an address. */
const ADDRESS_OPTION = /^--?[\w-]*ur[li]$/;
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/\S*$/;

const SECRET_VARIABLES = [
  "ASSET_GENERATOR_API_KEY",
  "ASSET_GENERATOR_TOKEN",
  "ASSET_GENERATOR_HEADERS",
];
/** Includes the addresses of proxies, which Deno's own errors may name. */
const ADDRESS_VARIABLES = [
  "ASSET_GENERATOR_API_URL",
  "ASSET_GENERATOR_REDIS_URL",
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
];

/**
 * Secrets that look like words: `status`, `models_count`, `Idle`. The output may contain the same
 * word, which must stay. In the words of others it is still hidden: see `SecretsOfRun`.
 */
const PLAIN_WORDS = /^[A-Za-z][a-z]{0,15}(?:[ _-][A-Za-z][a-z]{0,15})*$/;

/** How the secrets of a run are hidden; `null`: there is nothing to hide. */
export interface SecretsOfRun {
  /**
   * For everything that is written, which is mostly this tool's own text: hides all secrets except
   * plain words.
   */
  readonly inOutput: HideSecrets | null;
  /**
   * For the words of others and for what was typed: hides plain words too. A server's words are
   * searched by its adapter.
   */
  readonly inQuotes: HideSecrets | null;
}

/**
 * Finds the secrets of a command line and of the environment.
 *
 * @param more Further secrets that were found elsewhere.
 */
export function findSecrets(
  args: readonly string[],
  environment: Environment,
  more: readonly string[] = [],
): SecretsOfRun {
  const secrets = [
    ...secretsOfArguments(args),
    ...secretsOfEnvironment(environment),
    ...more.flatMap((value) => isAddress(value) ? secretsOfAddress(value) : secretsOfValue(value)),
  ];
  const hide = hiderOf(secrets.filter((one) => !PLAIN_WORDS.test(one.trim())));
  return {
    inOutput: hide && ((text) => isJson(text) ? hideInJson(text, hide) : hide(text)),
    inQuotes: hiderOf(secrets),
  };
}

/**
 * Removes secrets from an error. In this tool's own errors, only quoted parts come from others or
 * from the command line; an unexpected error may come from others as a whole.
 */
export function hideInError(error: unknown, { inQuotes }: SecretsOfRun): unknown {
  if (inQuotes === null || !(error instanceof Error)) return error;
  error.message = error instanceof AppError
    ? error.message.replace(/"[^"]*"/g, inQuotes)
    : inQuotes(error.message);
  if (!(error instanceof AppError)) error.stack = inQuotes(error.stack ?? "");
  return error;
}

/**
 * The same context, but no secret can be written through it: neither to a stream nor to an output
 * file.
 */
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
    const [before = "", ...rest] = arg.split("=");
    const name = before.toLowerCase();
    const next = args[index + 1] ?? "";
    // A word that begins with a dash is the next option: the value is missing, or written with "=".
    const value = rest.length > 0 ? rest.join("=") : next.startsWith("-") ? "" : next;
    if (SECRET_OPTION.test(name)) return secretsOfValue(value);
    // `config set token VALUE`, and what other tools take: `token=VALUE`.
    if (SECRET_KEY.test(name)) return secretsOfValue(rest.length > 0 ? value : next);
    if (ADDRESS_OPTION.test(name)) return secretsOfAddress(value);
    if (isAddress(arg)) return secretsOfAddress(arg);
    return rest.length > 0 && isAddress(value) ? secretsOfAddress(value) : [];
  });
}

function isAddress(text: string): boolean {
  return ADDRESS.test(text.toLowerCase());
}

function secretsOfEnvironment(environment: Environment): readonly string[] {
  /** The values of those that are set. */
  function read(names: readonly string[]): readonly string[] {
    return names.flatMap((name) => {
      try {
        return environment.get(name) || [];
      } catch {
        // Not UTF-8: the code that needs the variable reports it, and what could not be read cannot
        // be written.
        return [];
      }
    });
  }
  return [
    // Headers are several lines.
    ...read(SECRET_VARIABLES).flatMap((value) => value.split(/\r?\n/)).flatMap(secretsOfValue),
    ...read(ADDRESS_VARIABLES).flatMap(secretsOfAddress),
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
 * Changes only the texts inside JSON, not names of fields or numbers, so that it stays valid with
 * its schema.
 */
function hideInJson(json: string, hide: HideSecrets): string {
  const parts: string[] = [];
  const afterName = /\s*:/y;
  let from = 0;
  for (let start = json.indexOf('"'); start >= 0; start = json.indexOf('"', from)) {
    const end = endOfString(json, start);
    const text = json.slice(start + 1, end);
    afterName.lastIndex = end + 1;
    parts.push(json.slice(from, start + 1), afterName.test(json) ? text : hide(text), '"');
    from = end + 1;
  }
  return parts.join("") + json.slice(from);
}
