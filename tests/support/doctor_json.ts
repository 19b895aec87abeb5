/** Reads the JSON output of `doctor`: checks it against its schema, and types it. */
import * as v from "valibot";
import { loadSchema, readBy } from "./json_schema.ts";

const DOCTOR = v.looseObject({
  server_url: v.string(),
  checks: v.array(v.looseObject({
    id: v.string(),
    group: v.string(),
    state: v.string(),
    found: v.string(),
    advice: v.nullable(v.string()),
  })),
  certain: v.boolean(),
  error: v.nullable(v.looseObject({ code: v.string(), message: v.string() })),
});

/** What `doctor --format json` says. */
export type DoctorJson = v.InferOutput<typeof DOCTOR>;

/**
 * Makes a reader, which throws if the text is not one document that `schemas/doctor.v1.json`
 * allows.
 */
export async function doctorReader(): Promise<(text: string) => DoctorJson> {
  const validate = await loadSchema("doctor.v1.json");
  return (text) => v.parse(DOCTOR, readBy(validate, text));
}

/** The ids of the checks in some states, in order. */
export function idsIn(document: DoctorJson, ...states: readonly string[]): readonly string[] {
  return document.checks.filter(({ state }) => states.includes(state)).map(({ id }) => id);
}
