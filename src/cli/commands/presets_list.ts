import type { Preset } from "../../generation/server/server_parameter.ts";
import { listCommand } from "../lists/list_command.ts";

/** `asset-generator presets list`; its document is `schemas/presets.v1.json`. */
export const command = listCommand<Preset>({
  text: "Lists the presets that this user has on the server: sets of parameters with a title. " +
    "--quiet prints only the titles.",
  examples: [
    { line: "presets list", does: "All of them" },
    {
      line: "presets list --get 'presets[].parameters'",
      does: "What each sets, as JSON, one preset a line",
    },
  ],
  columns: [
    { name: "title", text: ({ title }) => title },
    { name: "description", text: ({ description }) => description || null },
    { name: "parameters", text: parametersText },
    { name: "author", text: ({ author }) => author },
    { name: "starred", text: ({ isStarred }) => isStarred ? "yes" : "no" },
  ],
  usual: ["title", "description", "parameters"],
  ask: (catalog) => catalog.presets(),
  fields: (rows) => ({
    presets: rows.map((preset) => ({
      title: preset.title,
      description: preset.description || null,
      author: preset.author,
      starred: preset.isStarred,
      parameters: preset.parameters,
    })),
  }),
  nameOf: ({ title }) => title,
  empty: (serverUrl) =>
    `This user has no presets on ${serverUrl} (make one on its page, under Presets)`,
});

/** `steps=30 cfgscale=4.5` */
function parametersText({ parameters }: Preset): string {
  return Object.entries(parameters).map(([id, value]) => `${id}=${value}`).join(" ");
}
