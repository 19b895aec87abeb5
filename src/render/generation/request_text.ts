/**
 * A request for images for people: its JSON, with the sizes of files instead of their content.
 * Pure.
 */
import type { JsonObject } from "../../json_object.ts";
import { jsonText } from "../escape.ts";
import { formatBytes } from "../text.ts";

/** Makes the text of `generate image --dry-run`; it ends with a line break. */
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
