/** A loaded model as text, and its document, `schemas/model_load.v1.json`. Pure. */
import type { Backend } from "../../detection/swarm_server.ts";
import { escapeForTerminal } from "../escape.ts";
import { backendNames } from "./model_facts.ts";
import { formatDuration } from "../text.ts";

/** The result of a load. */
export interface ModelLoad {
  readonly name: string;
  /** The backends that have it loaded now; `null`: not known. */
  readonly loadedOn: readonly Backend[] | null;
  readonly tookMs: number;
}

/** Makes the text of `models load`. */
export function loadText({ name, loadedOn, tookMs }: ModelLoad): string {
  const where = loadedOn === null || loadedOn.length === 0 ? "" : ` on ${backendNames(loadedOn)}`;
  return `${escapeForTerminal(`Loaded ${name}${where} in ${formatDuration(tookMs)}`)}\n`;
}

/** Makes the document of `models load`. */
export function loadDocument(
  { name, loadedOn, tookMs }: ModelLoad,
  serverUrl: string,
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    server_url: serverUrl,
    model: name,
    loaded_on: loadedOn?.map(({ id }) => id) ?? null,
    elapsed_seconds: Math.round(tookMs / 100) / 10,
    error: null,
  };
}
