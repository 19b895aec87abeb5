/** Reads the JSON output of any command: each document is checked against its schema. */
import * as v from "valibot";
import { loadSchema } from "./json_schema.ts";
import type { Validator } from "./json_schema.ts";

/** The schemas of all documents, without `.v1.json`. */
export type SchemaName =
  | "status"
  | "generate"
  | "cancel"
  | "doctor"
  | "inspect"
  | "event"
  | "models"
  | "model"
  | "model_load"
  | "choices"
  | "backends"
  | "presets"
  | "config"
  | "login"
  | "error";

const NAMES: readonly SchemaName[] = [
  "status",
  "generate",
  "cancel",
  "doctor",
  "inspect",
  "event",
  "models",
  "model",
  "model_load",
  "choices",
  "backends",
  "presets",
  "config",
  "login",
  "error",
];
const VALIDATORS: ReadonlyMap<SchemaName, Validator> = new Map(
  await Promise.all(
    NAMES.map(async (name): Promise<[SchemaName, Validator]> => [
      name,
      await loadSchema(`${name}.v1.json`),
    ]),
  ),
);

const DOCUMENT = v.looseObject({
  error: v.nullish(v.looseObject({ code: v.string(), message: v.string() }), null),
});

/** A document and its schema. */
export interface CommandDocument {
  readonly schema: SchemaName;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/**
 * Reads one document, or a line of JSON for each.
 *
 * @param own The schema of the command's own document.
 * @throws {Error} If it is anything else, or not what its schema allows.
 */
export function readDocuments(text: string, own: SchemaName): readonly CommandDocument[] {
  return parseAll(text).map((document) => {
    const schema = schemaOf(document, own);
    const faults = VALIDATORS.get(schema)?.(document) ?? ["there is no schema"];
    if (faults.length > 0) throw new Error(`Not a document of ${schema}: ${faults.join("; ")}`);
    return { schema, error: v.parse(DOCUMENT, document).error ?? null };
  });
}

function parseAll(text: string): readonly unknown[] {
  // A document over several lines begins with a line that is not a document.
  if (text.startsWith("{\n")) return [JSON.parse(text)];
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

function schemaOf(document: unknown, own: SchemaName): SchemaName {
  const fields = Object.keys(v.parse(v.looseObject({}), document));
  if (fields.includes("event")) return "event";
  return fields.length === 1 && fields[0] === "error" ? "error" : own;
}
