/** Checks documents against the project's JSON Schemas (draft 2020-12). */
import { Ajv2020 } from "ajv/2020";

/** Says what is wrong with a document: one line for each fault, none if it is valid. */
export type Validator = (document: unknown) => readonly string[];

/**
 * Reads a schema of `schemas/`. It is itself checked: unknown keywords and misspelt types throw.
 *
 * Requires `--allow-read` for that directory.
 */
export async function loadSchema(name: string): Promise<Validator> {
  const text = await Deno.readTextFile(new URL(`../../schemas/${name}`, import.meta.url));
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
  });
  const others = namesIn(text);
  // A set gives what is added to it on the way, too.
  for (const other of others) {
    const url = new URL(`../../schemas/${other}`, import.meta.url);
    const schema = await Deno.readTextFile(url);
    ajv.addSchema(JSON.parse(schema));
    for (const name of namesIn(schema)) others.add(name);
  }
  const validate = ajv.compile(JSON.parse(text));
  return (document) => {
    if (validate(document)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) =>
      `${instancePath || "/"} ${message}`
    );
  };
}

/**
 * Reads one document.
 *
 * @throws {Error} If it is not one JSON document that the schema allows.
 */
export function readBy(validate: Validator, text: string): unknown {
  const document: unknown = JSON.parse(text);
  const faults = validate(document);
  if (faults.length > 0) throw new Error(`Cannot accept the document: ${faults.join("; ")}`);
  return document;
}

/** The schemas that a schema refers to. */
function namesIn(schema: string): Set<string> {
  const refs = schema.matchAll(/"\$ref": "([\w.]+\.json)(?:#[^"]*)?"/g);
  return new Set([...refs].map(([, name = ""]) => name));
}
