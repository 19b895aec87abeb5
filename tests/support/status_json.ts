/** Reads the program's JSON output: checks it against its schema, and types it. */
import * as v from "valibot";
import { loadSchema, readBy } from "./json_schema.ts";

const ERROR = v.nullable(v.looseObject({ code: v.string(), message: v.string() }));

const GENERATION = v.looseObject({
  session_id: v.string(),
  status: v.nullable(v.string()),
  progress: v.nullable(v.number()),
  start_time: v.string(),
  duration_seconds: v.number(),
  images_total: v.nullable(v.number()),
  images_done: v.nullable(v.number()),
  scope: v.array(v.string()),
  owner: v.string(),
  server: v.string(),
  orphaned: v.boolean(),
  verified: v.boolean(),
});

const STATUS = v.looseObject({
  status: v.string(),
  verdict: v.string(),
  likely: v.nullable(v.string()),
  generations_running: v.nullable(v.number()),
  generations_running_basis: v.string(),
  active_generations: v.array(GENERATION),
  uncertain_generations: v.array(GENERATION),
  images: v.looseObject({
    outstanding: v.nullable(v.number()),
    running: v.nullable(v.number()),
    queued: v.nullable(v.number()),
    untracked: v.nullable(v.number()),
  }),
  comfy_jobs: v.looseObject({
    remaining: v.nullable(v.number()),
    unattributed: v.nullable(v.number()),
  }),
  backends: v.array(v.looseObject({ id: v.number(), status: v.string() })),
  detection: v.looseObject({
    tiers: v.array(v.looseObject({
      tier: v.string(),
      source: v.optional(v.string()),
      scope: v.optional(v.string()),
      answered: v.boolean(),
      reason: v.optional(v.string()),
      needs: v.optional(v.string()),
    })),
    blind_spots: v.array(v.string()),
  }),
  error: ERROR,
});

const GENERATE = v.looseObject({
  session_id: v.string(),
  status: v.string(),
  images_total: v.number(),
  images_done: v.nullable(v.number()),
  images: v.array(v.looseObject({
    index: v.number(),
    url: v.nullable(v.string()),
    local_path: v.nullable(v.string()),
    seed: v.nullable(v.string()),
    data_url: v.optional(v.string()),
  })),
  extra_images: v.array(v.looseObject({
    index: v.nullable(v.number()),
    url: v.nullable(v.string()),
    local_path: v.nullable(v.string()),
  })),
  server_may_work: v.nullable(v.boolean()),
  error: ERROR,
});

const FAILURE = v.strictObject({
  error: v.strictObject({ code: v.string(), message: v.string() }),
});

/** The fields of `status --format json` that tests use. */
export type StatusJson = v.InferOutput<typeof STATUS>;

/** The fields of `generate image --format json` that tests use. */
export type GenerateJson = v.InferOutput<typeof GENERATE>;

/** Loaded once for all documents: reading the schema takes far longer than reading a document. */
const [isStatus, isGenerate, isFailure] = await Promise.all([
  loadSchema("status.v1.json"),
  loadSchema("generate.v1.json"),
  loadSchema("error.v1.json"),
]);

/** @throws {Error} If it is not one JSON document that `schemas/status.v1.json` allows. */
export function readStatus(text: string): StatusJson {
  return v.parse(STATUS, readBy(isStatus, text));
}

/** @throws {Error} If it is not one JSON document that `schemas/generate.v1.json` allows. */
export function readGenerate(text: string): GenerateJson {
  return v.parse(GENERATE, readBy(isGenerate, text));
}

/**
 * Reads the document of a command that failed before it had a result.
 *
 * @throws {Error} If it is not one JSON document that `schemas/error.v1.json` allows.
 */
export function readFailure(text: string): { readonly code: string; readonly message: string } {
  return v.parse(FAILURE, readBy(isFailure, text)).error;
}
