/** The parser's complaints in this program's words. A secret's value is never shown. */
import {
  AliasNotFoundError,
  ArgumentParseError,
  EnumValidationError,
  FlagNotFoundError,
  InvalidNegatedFlagSyntaxError,
  UnexpectedFlagError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from "@stricli/core";
import { UsageError } from "../errors.ts";
import { suggest } from "./suggest.ts";
import { describeInvalidValue, InvalidValueError, listOf, quote } from "./values.ts";

const SECRETS: ReadonlySet<string> = new Set(["api-key", "token"]);

/**
 * Makes a `UsageError` of what the parser threw; anything else comes back as it is. Goes by class,
 * for class names do not survive a minifying bundler.
 *
 * @param known.options The command's options, without dashes, those that it refuses included.
 * @param known.offered Those that its help shows.
 * @param known.help The command line that shows the command's help.
 */
export function describeUsageProblem(
  problem: unknown,
  known: {
    readonly options: readonly string[];
    readonly offered: readonly string[];
    readonly help: string;
  },
): unknown {
  const see = `(see ${known.help})`;
  if (problem instanceof FlagNotFoundError) {
    const near = suggest(problem.input, known.offered).map((name) => `--${name}`);
    return new UsageError(
      `Cannot use --${problem.input}: there is no such option ` +
        (near.length > 0 ? `(did you mean ${listOf(near)}?)` : see),
    );
  }
  if (problem instanceof AliasNotFoundError) {
    return new UsageError(`Cannot use -${problem.input}: there is no such option ${see}`);
  }
  if (problem instanceof ArgumentParseError) {
    const name = problem.externalFlagNameOrPlaceholder;
    const reason = reasonOf(problem.exception);
    if (reason === null) return problem.exception;
    return describeInvalidValue(known.options.includes(name) ? `--${name}` : name, {
      text: problem.input,
      isSecret: SECRETS.has(name),
      reason,
    });
  }
  if (problem instanceof EnumValidationError) {
    return new UsageError(
      `Cannot use --${problem.externalFlagName} ${quote(problem.input)}: want ` +
        listOf(problem.values),
    );
  }
  if (problem instanceof UnsatisfiedFlagError) {
    const name = problem.externalFlagName;
    return new UsageError(
      problem.nextFlagName === undefined
        ? `Cannot go on without a value for --${name} ${see}`
        : `Cannot use --${name}: --${problem.nextFlagName} stands where its value should ` +
          `(write --${name}=VALUE if the value begins with a dash)`,
    );
  }
  if (problem instanceof UnexpectedFlagError) {
    return new UsageError(`Cannot use --${problem.externalFlagName} twice (give it once)`);
  }
  if (problem instanceof InvalidNegatedFlagSyntaxError) {
    return new UsageError(`Cannot use --${problem.externalFlagName} with a value ${see}`);
  }
  if (problem instanceof UnexpectedPositionalError) {
    return new UsageError(
      `Cannot use the argument ${quote(problem.input)}: nothing is expected there ${see}`,
    );
  }
  if (problem instanceof UnsatisfiedPositionalError) {
    return new UsageError(`Cannot go on without ${problem.placeholder} ${see}`);
  }
  return problem;
}

/** Why a value makes no sense; `null` if its reader failed for another reason, which is a bug. */
function reasonOf(exception: unknown): string | null {
  if (exception instanceof InvalidValueError) return exception.message;
  // The parser's own reader, of switches that are given a value (`--quiet=maybe`).
  return exception instanceof SyntaxError ? "want true or false" : null;
}
