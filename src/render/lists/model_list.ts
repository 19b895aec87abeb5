/** Models as a list: its columns, and its document, `schemas/models.v1.json`. Pure. */
import type { Model, ModelList, ModelType } from "../../catalog/server_catalog.ts";
import type { Column } from "./list_table.ts";

/** All columns of `models list`. */
export const MODEL_COLUMNS: readonly Column<Model>[] = [
  { name: "name", text: ({ name }) => name },
  { name: "loaded", text: ({ loaded }) => loaded === null ? null : loaded ? "yes" : "no" },
  { name: "architecture", text: ({ architecture }) => architecture },
  { name: "size", text: sizeOf },
  { name: "title", text: ({ title }) => title },
  { name: "trigger", text: ({ triggerPhrase }) => triggerPhrase },
  { name: "license", text: ({ license }) => license },
  { name: "author", text: ({ author }) => author },
  { name: "tags", text: ({ tags }) => tags?.join(", ") ?? null },
  { name: "created", text: ({ createdAt }) => dayOf(createdAt) },
  { name: "modified", text: ({ modifiedAt }) => dayOf(modifiedAt) },
  { name: "class", text: ({ className }) => className },
  { name: "hash", text: ({ hash }) => hash },
  { name: "description", text: ({ description }) => description },
];

/** The columns of a kind of models if none are asked for. */
export function usualColumns(type: ModelType): readonly string[] {
  return type === "checkpoint"
    ? ["name", "loaded", "architecture", "size", "title"]
    : ["name", "architecture", "title", "trigger"];
}

/** Makes the document of `models list`. */
export function modelsDocument(
  listed: readonly Model[],
  about: {
    readonly serverUrl: string;
    readonly type: ModelType;
    readonly all: ModelList;
    /** How many models matched, before `--limit`. */
    readonly matching: number;
  },
): Readonly<Record<string, unknown>> {
  const { serverUrl, type, all, matching } = about;
  return {
    schema_version: 1,
    server_url: serverUrl,
    type,
    models: listed.map(modelDocument),
    matching,
    total: all.models.length,
    named_only: all.namedOnly,
    error: null,
  };
}

/** A model in documents. */
export function modelDocument(model: Model): Readonly<Record<string, unknown>> {
  return {
    name: model.name,
    title: model.title,
    loaded: model.loaded,
    architecture: model.architecture,
    class: model.className,
    compat_class: model.compatibility,
    standard_width: model.standardWidth,
    standard_height: model.standardHeight,
    author: model.author,
    license: model.license,
    description: model.description,
    usage_hint: model.usageHint,
    trigger_phrase: model.triggerPhrase,
    tags: model.tags,
    date: model.date,
    local: model.isLocal,
    created_at: timeOf(model.createdAt),
    modified_at: timeOf(model.modifiedAt),
    hash: model.hash,
  };
}

/** `1024x1024`; `null` if the model does not say both. */
export function sizeOf({ standardWidth, standardHeight }: Model): string | null {
  return standardWidth === null || standardHeight === null
    ? null
    : `${standardWidth}x${standardHeight}`;
}

/** A time as text; `null` if there is none, or none that a date can hold. */
function timeOf(timeMs: number | null): string | null {
  if (timeMs === null) return null;
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function dayOf(timeMs: number | null): string | null {
  return timeOf(timeMs)?.slice(0, 10) ?? null;
}
