/** The options that commands share, before and behind their names. Declared here, once. */
import { UsageError } from "../errors.ts";
import { OUTPUT_FORMATS, readRequestTimeoutMs } from "./settings.ts";
import type { OutputFormat } from "./settings.ts";
import { InvalidValueError, readPath, readSecret, readServerUrl } from "./values.ts";

/** What the global options say; `undefined`: not given. A command's own options extend this. */
export interface GlobalOptions {
  readonly apiUrl: string | undefined;
  readonly apiKey: string | undefined;
  readonly token: string | undefined;
  readonly stateFile: string | undefined;
  readonly format: OutputFormat | undefined;
  readonly output: string | undefined;
  /** Milliseconds. */
  readonly requestTimeout: number | undefined;
  readonly quiet: boolean | undefined;
  readonly verbose: boolean | undefined;
  readonly noColor: boolean | undefined;
}

/** The flags of the global options, to be spread into a command's flags, behind its own. */
export const GLOBAL_FLAGS = {
  apiUrl: {
    kind: "parsed",
    parse: readServerUrl,
    optional: true,
    placeholder: "URL",
    brief: "SwarmUI's address [http://127.0.0.1:7801]",
  },
  apiKey: {
    kind: "parsed",
    parse: readSecret,
    optional: true,
    placeholder: "KEY",
    brief: 'Authorization header; one word gets "Bearer " before it',
  },
  token: {
    kind: "parsed",
    parse: readSecret,
    optional: true,
    placeholder: "TOKEN",
    brief: "Account token, the cookie swarm_token",
  },
  stateFile: {
    kind: "parsed",
    parse: readPath,
    optional: true,
    placeholder: "FILE",
    brief: "The state file that is shared [.asset-generator-state.json]",
  },
  format: {
    kind: "enum",
    values: OUTPUT_FORMATS,
    optional: true,
    placeholder: "FORMAT",
    brief: "Format of the result",
  },
  output: {
    kind: "parsed",
    parse: readPath,
    optional: true,
    placeholder: "FILE",
    brief: "Write the result to a file, whole or not at all",
  },
  requestTimeout: {
    kind: "parsed",
    parse: readRequestTimeoutMs,
    optional: true,
    placeholder: "DURATION",
    brief: "Deadline of each question, as 500ms or 5s [5s]",
  },
  quiet: {
    kind: "boolean",
    optional: true,
    withNegated: false,
    brief: "Say nothing but the result and errors",
  },
  verbose: {
    kind: "boolean",
    optional: true,
    withNegated: false,
    brief: "Say more, on stderr",
  },
  noColor: {
    kind: "boolean",
    optional: true,
    withNegated: false,
    brief: "No colour [NO_COLOR]",
  },
} as const;

/** The flags of global options that a command has no use for. */
type RefusedFlags<Name extends string> = Readonly<
  Record<Name, {
    readonly kind: "parsed";
    readonly parse: (text: string) => never;
    readonly optional: true;
    readonly hidden: true;
    readonly brief: string;
  }>
>;

/**
 * Refuses global options that a command has no use for, and leaves them out of its help: an option
 * that did nothing would be a lie. To be spread behind `GLOBAL_FLAGS`.
 *
 * @param reasons Why, as what comes after `Cannot use --output "x": `.
 */
export function refuseFlags<Name extends keyof GlobalOptions & string>(
  reasons: Readonly<Record<Name, string>>,
): RefusedFlags<Name> {
  const flags = Object.entries<string>(reasons).map(([name, reason]) => [name, {
    kind: "parsed",
    parse(): never {
      throw new InvalidValueError(reason);
    },
    optional: true,
    hidden: true,
    brief: reason,
  }]);
  return Object.fromEntries(flags);
}

/** Their letters, to be spread into a command's aliases. */
export const GLOBAL_ALIASES = { f: "format", o: "output", q: "quiet", v: "verbose" } as const;

/** The global options that take a value, as they are written. */
export const GLOBAL_VALUE_OPTIONS: ReadonlySet<string> = new Set([
  "--api-url",
  "--api-key",
  "--token",
  "--state-file",
  "--format",
  "-f",
  "--output",
  "-o",
  "--request-timeout",
]);

/** The global options that take none. */
export const GLOBAL_SWITCHES: ReadonlySet<string> = new Set([
  "--quiet",
  "-q",
  "--verbose",
  "-v",
  "--no-color",
]);

/**
 * Checks what single options cannot.
 *
 * @throws {UsageError} If two of them contradict each other.
 */
export function checkGlobalOptions(options: GlobalOptions): void {
  if (options.quiet && options.verbose) {
    throw new UsageError("Cannot use --quiet and --verbose together: they contradict each other");
  }
}
