/** A request for images, as `generate image --dry-run` shows it. Pure. */
import type { JsonObject } from "../../json_object.ts";
import { jsonText } from "../escape.ts";
import type { DocumentError } from "../status/status_document.ts";
import { formatBytes } from "../text.ts";

/** The document of the request, `schemas/request.v1.json`. */
export function requestDocument(
  { serverUrl, body }: { readonly serverUrl: string; readonly body: JsonObject },
  error: DocumentError | null,
): Readonly<Record<string, unknown>> {
  return { schema_version: 1, server_url: serverUrl, request: body, error };
}

/** Its JSON for people, with the sizes of files instead of their content; it ends with a line break. */
export function requestText(body: JsonObject): string {
  const shown = Object.entries(body).map(([key, value]) => [key, withoutFiles(value)]);
  return `${jsonText(Object.fromEntries(shown), { indent: 2 })}\n`;
}

function withoutFiles(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFiles);
  const file = typeof value === "string" ? /^data:[\w/+-]+;base64,/.exec(value) : null;
  if (file === null || typeof value !== "string") return value;
  const [head] = file;
  const digits = value.slice(head.length).replace(/=+$/, "").length;
  return `${head}… (${formatBytes(Math.floor(digits * 3 / 4))})`;
}
