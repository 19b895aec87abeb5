/** How a generation ended, as JSON. */
import { isJsonObject, type JsonObject, parseTime } from "../../json_object.ts";
import type { GenerationEnd } from "./store.ts";

/** Writes an end. */
export function encodeEnd({ id, outcome, endedAt }: GenerationEnd): JsonObject {
  return { id, outcome, ended_at: new Date(endedAt).toISOString() };
}

/** Reads an end; `null` if it is not one, or belongs to another generation. */
export function decodeEnd(value: unknown, id: string): GenerationEnd | null {
  if (!isJsonObject(value) || value["id"] !== id) return null;
  const outcome = value["outcome"];
  const endedAt = parseTime(value["ended_at"]);
  if (endedAt === null) return null;
  if (outcome !== "finished" && outcome !== "failed" && outcome !== "cancelled") return null;
  return { id, outcome, endedAt };
}
