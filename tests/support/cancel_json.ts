/** Reads the output of `cancel --format json`: checks it against its schema, and types it. */
import * as v from "valibot";
import { loadSchema, readBy } from "./json_schema.ts";

const COUNTERS = v.nullable(v.object({ waiting_gens: v.number(), live_gens: v.number() }));

const CANCEL = v.object({
  server_url: v.string(),
  cancelled: v.array(v.object({
    session_id: v.string(),
    outcome: v.string(),
    orphaned: v.boolean(),
    images_done: v.nullable(v.number()),
    before: COUNTERS,
    after: COUNTERS,
    winding_down: v.nullable(v.boolean()),
  })),
  candidates: v.array(v.object({ session_id: v.string(), duration_seconds: v.number() })),
  everyone: v.nullable(v.object({
    user: v.nullable(v.string()),
    outcome: v.string(),
    before: COUNTERS,
    after: COUNTERS,
    all_users_after: COUNTERS,
  })),
  untracked_images: v.nullable(v.number()),
  error: v.nullable(v.object({ code: v.string(), message: v.string() })),
});

/** The fields of `cancel --format json` that tests use. */
export type CancelJson = v.InferOutput<typeof CANCEL>;

/** Loaded once for all documents: reading the schema takes far longer than reading a document. */
const isCancel = await loadSchema("cancel.v1.json");

/** @throws {Error} If it is not one JSON document that `schemas/cancel.v1.json` allows. */
export function readCancel(text: string): CancelJson {
  return v.parse(CANCEL, readBy(isCancel, text));
}
