/** Presets as a list, and its document, `schemas/presets.v1.json`. Pure. */
import type { Preset } from "../../generation/server/preset.ts";
import type { Column } from "./list_table.ts";

/** All columns of a list of presets. */
export const PRESET_COLUMNS: readonly Column<Preset>[] = [
  { name: "title", text: ({ title }) => title },
  { name: "description", text: ({ description }) => description || null },
  { name: "parameters", text: parametersText },
  { name: "author", text: ({ author }) => author },
  { name: "starred", text: ({ isStarred }) => isStarred ? "yes" : "no" },
];

/** Makes the document of `presets list`. */
export function presetsDocument(
  listed: readonly Preset[],
  about: { readonly serverUrl: string; readonly total: number },
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    server_url: about.serverUrl,
    presets: listed.map((preset) => ({
      title: preset.title,
      description: preset.description || null,
      author: preset.author,
      starred: preset.isStarred,
      parameters: preset.parameters,
    })),
    total: about.total,
    error: null,
  };
}

/** `steps=30 cfgscale=4.5` */
function parametersText({ parameters }: Preset): string {
  return Object.entries(parameters).map(([id, value]) => `${id}=${value}`).join(" ");
}
