/** Backends as a list, and its document, `schemas/backends.v1.json`. Pure. */
import type { Backend } from "../../detection/swarm_server.ts";
import type { Column } from "../lists/list_table.ts";
import { backendDocument } from "./status_document.ts";
import { formatDuration } from "../text.ts";

/** All columns of a list of backends. */
export const BACKEND_COLUMNS: readonly Column<Backend>[] = [
  { name: "id", text: ({ id }) => String(id) },
  { name: "status", text: ({ status }) => status },
  { name: "model", text: ({ modelLoaded }) => modelLoaded },
  { name: "used", text: ({ secondsSinceUsed }) => usedText(secondsSinceUsed) },
  { name: "title", text: ({ title }) => title || null },
  { name: "type", text: ({ type }) => type },
  { name: "gpu", text: ({ gpu }) => gpu },
  { name: "enabled", text: ({ enabled }) => enabled ? "yes" : "no" },
];

/** Makes the document of `backends list`. */
export function backendsDocument(
  listed: readonly Backend[],
  about: { readonly serverUrl: string; readonly total: number },
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    server_url: about.serverUrl,
    backends: listed.map((backend) => backendDocument(backend)),
    total: about.total,
    error: null,
  };
}

function usedText(seconds: number | null): string | null {
  return seconds === null ? null : `${formatDuration(seconds * 1000)} ago`;
}
