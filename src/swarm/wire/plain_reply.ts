/** An answer over HTTP, and what is read of one that is as it should be. Pure. */
import { isJsonObject, type JsonObject, readJson } from "../../json_object.ts";

/** A complete answer that has not been interpreted yet. */
export interface Reply {
  /** The address that was asked. */
  readonly url: string;
  readonly status: number;
  /** Media type without parameters, lower case; `null` if there is none. */
  readonly mediaType: string | null;
  /** The target of a redirect, resolved against the request; `null` if there is none. */
  readonly location: URL | null;
  /** `Retry-After` in milliseconds, for a status that passes; absent or `null`: not given. */
  readonly retryAfterMs?: number | null;
  readonly text: string;
}

/**
 * The object of an answer that is plainly what was asked for; `null`: it is a refusal, or may be one
 * of another program, which `api_reply.ts` and `comfy_reply.ts` tell apart.
 */
export function readPlainReply({ status, mediaType, text }: Reply): JsonObject | null {
  const body = status === 200 && isJsonType(mediaType) ? parseObject(text) : null;
  const isError = (body?.["error"] ?? body?.["error_id"] ?? null) !== null;
  return isError ? null : body;
}

/**
 * Parses text that must be one JSON object; `null` if it is anything else. Values nested too deep
 * are left out, as in `readJson()`.
 */
export function parseObject(text: string): JsonObject | null {
  const { value } = readJson(text);
  return isJsonObject(value) ? value : null;
}

/** Says whether a media type is JSON. */
export function isJsonType(mediaType: string | null): boolean {
  return mediaType !== null && /[/+]json$/.test(mediaType);
}
