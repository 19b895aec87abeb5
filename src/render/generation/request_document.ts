/** A request for images as one JSON document, `schemas/request.v1.json`. Pure. */
import type { JsonObject } from "../../json_object.ts";
import type { DocumentError } from "../status/status_document.ts";

/** Makes the document of `generate image --dry-run`. */
export function requestDocument(
  { serverUrl, body }: { readonly serverUrl: string; readonly body: JsonObject },
  error: DocumentError | null,
): Readonly<Record<string, unknown>> {
  return { schema_version: 1, server_url: serverUrl, request: body, error };
}
