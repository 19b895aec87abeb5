/** `--param-help`: lists and explains the server's parameters. */
import type { ServerParameter } from "../../generation/server/server_parameter.ts";
import { parametersText, parameterText } from "../../render/lists/parameters_text.ts";
import type { DocumentError } from "../../render/status/status_document.ts";
import type { CommandContext } from "../context.ts";
import type { ExitCode } from "../exit.ts";
import { reportResult } from "../report_result.ts";
import { keyOf } from "./param_option.ts";
import { findParameter } from "./parameter_values.ts";

/**
 * Writes what the server says about its parameters.
 *
 * @param key Which one; if it is only a part of names, those are listed; empty: all.
 * @throws {UsageError} If there is none.
 */
export async function explainParameters(key: string, context: CommandContext): Promise<ExitCode> {
  const server = await context.adapters.imageServer(context.settings);
  const known = await server.parameters(await server.newSession());
  const { shown, isOne } = select(key, known);
  const [first] = shown;
  return await reportResult(context, {
    document: (error) => parametersDocument({ serverUrl: server.url, parameters: shown }, error),
    text: () =>
      context.output.wrapped(
        isOne && first !== undefined ? parameterText(first) : parametersText(shown),
      ),
    names: () => shown.map(({ id }) => id),
    problem: null,
  });
}

function select(key: string, known: readonly ServerParameter[]): {
  readonly shown: readonly ServerParameter[];
  readonly isOne: boolean;
} {
  const wanted = keyOf(key);
  if (wanted === "") return { shown: known, isOne: false };
  const isNamed = (one: ServerParameter): boolean =>
    one.id === wanted || keyOf(one.name) === wanted;
  const like = known.filter(({ id, name }) => id.includes(wanted) || keyOf(name).includes(wanted));
  return known.some(isNamed) || like.length === 0
    ? { shown: [findParameter(key, known)], isOne: true }
    : { shown: like, isOne: false };
}

/** The document, `schemas/parameters.v1.json`. */
function parametersDocument(
  { serverUrl, parameters }: {
    readonly serverUrl: string;
    readonly parameters: readonly ServerParameter[];
  },
  error: DocumentError | null,
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    server_url: serverUrl,
    parameters: parameters.map((one) => ({
      id: one.id,
      name: one.name,
      type: one.type,
      description: one.description,
      default: one.fallback,
      min: one.range?.min ?? null,
      max: one.range?.max ?? null,
      choices: one.choices,
      examples: one.examples,
      group: one.group,
      feature: one.feature,
    })),
    error,
  };
}
