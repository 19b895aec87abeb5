/** The server's image parameters as one JSON document, `schemas/parameters.v1.json`. Pure. */
import type { ServerParameter } from "../../generation/server/server_parameter.ts";
import type { DocumentError } from "../status/status_document.ts";

/** Makes the document of `generate image --param-help`. */
export function parametersDocument(
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
