/** Samplers and schedulers as a list, and its document, `schemas/choices.v1.json`. Pure. */
import type { Choice } from "../../catalog/server_catalog.ts";
import type { Column } from "./list_table.ts";

/** All columns of a list of choices. */
export const CHOICE_COLUMNS: readonly Column<Choice>[] = [
  { name: "name", text: ({ name }) => name },
  { name: "title", text: ({ title }) => title },
];

/** Makes the document of `samplers list` and `schedulers list`. */
export function choicesDocument(
  listed: readonly Choice[],
  about: { readonly serverUrl: string; readonly parameter: string; readonly total: number },
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    server_url: about.serverUrl,
    parameter: about.parameter,
    values: listed.map(({ name, title }) => ({ name, title })),
    total: about.total,
    error: null,
  };
}
