/** One model as text, and its document, `schemas/model.v1.json`. Pure. */
import type { Model, ModelType } from "../../catalog/server_catalog.ts";
import { shortened } from "../../cut_text.ts";
import type { Backend } from "../../detection/swarm_server.ts";
import { modelDocument, sizeOf } from "./model_list.ts";
import { field } from "../text.ts";

/** The author's description may be pages long; the document has all of it. */
const PROSE_MAX = 1000;

/** A model, and what is known of where it is loaded. */
export interface ModelFacts {
  readonly type: ModelType;
  readonly model: Model;
  /** The backends that have it loaded; `null`: not known. */
  readonly loadedOn: readonly Backend[] | null;
}

/** Makes the text of `models get`; unknown values have no line. */
export function modelText({ type, model, loadedOn }: ModelFacts): string {
  const { architecture, className } = model;
  const words = className !== null && architecture !== null
    ? `${className} (${architecture})`
    : className ?? architecture;
  const lines = [
    ...field(0, "Name", model.name),
    ...field(0, "Type", type),
    ...field(0, "Title", model.title),
    ...field(0, "Architecture", words),
    ...field(0, "Size", sizeOf(model)),
    ...field(0, "Loaded On", loadedText({ model, loadedOn })),
    ...field(0, "License", model.license),
    ...field(0, "Author", model.author),
    ...field(0, "Published", model.date),
    ...field(0, "Trigger Words", model.triggerPhrase),
    ...field(0, "Tags", model.tags?.join(", ")),
    ...field(0, "Usage", prose(model.usageHint)),
    ...field(0, "Description", prose(model.description)),
    ...field(0, "Remote", model.isLocal === false ? "yes, only a remote backend has it" : null),
    ...field(0, "Hash", model.hash),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Makes the document of `models get`. */
export function modelFactsDocument(
  { type, model, loadedOn }: ModelFacts,
  serverUrl: string,
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    server_url: serverUrl,
    type,
    model: modelDocument(model),
    loaded_on: loadedOn?.map(({ id }) => id) ?? null,
    error: null,
  };
}

/** Backends as people call them: `backend 0, backend 2 (left)`. */
export function backendNames(backends: readonly Backend[]): string {
  return backends.map(({ id, title }) =>
    title === "" ? `backend ${id}` : `backend ${id} (${title})`
  )
    .join(", ");
}

function loadedText({ model, loadedOn }: Omit<ModelFacts, "type">): string | null {
  if (loadedOn === null) {
    return model.loaded ? "a backend; which one may only be seen with view_backends_list" : null;
  }
  if (loadedOn.length === 0) return "no backend";
  return backendNames(loadedOn);
}

function prose(text: string | null): string | null {
  return text === null ? null : shortened(text.replace(/\s+/g, " ").trim(), PROSE_MAX);
}
