import type { Backend } from "../../detection/swarm_server.ts";
import { backendDocument } from "../../render/status/status_document.ts";
import { formatDuration } from "../../render/text.ts";
import { listCommand } from "../lists/list_command.ts";

/** `asset-generator backends list`; its document is `schemas/backends.v1.json`. */
export const command = listCommand<Backend>({
  text: "Lists the server's backends: their state in SwarmUI's words, the model that each " +
    "loaded last, and when each was last used. `running` means ready, whether it is working " +
    "or not: status says whether a generation is in progress. --quiet prints only the ids.",
  examples: [
    { line: "backends list", does: "All of them" },
    { line: "backends list --columns id,model", does: "Only ids and models" },
  ],
  columns: [
    { name: "id", text: ({ id }) => String(id) },
    { name: "status", text: ({ status }) => status },
    { name: "model", text: ({ modelLoaded }) => modelLoaded },
    { name: "used", text: ({ secondsSinceUsed }) => usedText(secondsSinceUsed) },
    { name: "title", text: ({ title }) => title || null },
    { name: "type", text: ({ type }) => type },
    { name: "gpu", text: ({ gpu }) => gpu },
    { name: "enabled", text: ({ enabled }) => enabled ? "yes" : "no" },
  ],
  usual: ["id", "status", "model", "used", "title", "type", "gpu"],
  ask: async (catalog) => (await catalog.backends()).toSorted((one, other) => one.id - other.id),
  fields: (rows) => ({ backends: rows.map((backend) => backendDocument(backend)) }),
  nameOf: ({ id }) => String(id),
  empty: (serverUrl) =>
    `${serverUrl} has no backends (add one on its page, under Server, Backends)`,
});

function usedText(seconds: number | null): string | null {
  return seconds === null ? null : `${formatDuration(seconds * 1000)} ago`;
}
