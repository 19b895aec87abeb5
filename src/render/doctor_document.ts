/** The result of `doctor` as one JSON document, `schemas/doctor.v1.json`. */
import type { Diagnosis } from "../doctor/diagnose.ts";
import type { DocumentError } from "./status/status_document.ts";

/** Makes the document of `doctor`. */
export function doctorDocument(
  diagnosis: Diagnosis,
  error: DocumentError | null,
): Readonly<Record<string, unknown>> {
  return {
    schema_version: 1,
    server_url: diagnosis.serverUrl,
    checks: diagnosis.checks.map(({ id, group, state, found, advice }) => ({
      id,
      group,
      state,
      found,
      advice,
    })),
    certain: diagnosis.isCertain,
    error,
  };
}
