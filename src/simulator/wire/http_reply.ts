/** HTTP answers, in the forms that SwarmUI gives them (`swarmui-protocol.md §2`). */
import type { JsonObject } from "../../json_object.ts";

/** An answer before it is written. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Its headers were sent before it was known that there is no body. @default {false} */
  readonly isStream?: boolean;
}

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  206: "Partial Content",
  302: "Found",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  416: "Range Not Satisfiable",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

/** The reason phrase of a status. */
export function statusText(status: number): string {
  return STATUS_TEXTS[status] ?? "Status";
}

/** An answer of the API: JSON without a charset, never stored. */
export function jsonReply(body: JsonObject, status = 200): HttpReply {
  return {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: new TextEncoder().encode(JSON.stringify(body)),
  };
}

/** An answer of any text. */
export function textReply(
  text: string,
  options: { readonly status: number; readonly contentType: string | null },
): HttpReply {
  return {
    status: options.status,
    headers: options.contentType === null ? {} : { "content-type": options.contentType },
    body: new TextEncoder().encode(text),
  };
}

/** An answer without a body. */
export function emptyReply(
  status: number,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  return { status, headers, body: new Uint8Array(0) };
}

/** A redirect to a page of the same server. */
export function redirectReply(location: string): HttpReply {
  return emptyReply(302, { location });
}

/**
 * The answer of a clean stop to a request under way (§20.5): 200 with an empty body if the client
 * accepts compressed answers, because those headers have already been sent; else 500.
 */
export function stoppedReply(takesCompressed: boolean): HttpReply {
  if (!takesCompressed) return emptyReply(500);
  return { ...jsonReply({}), body: new Uint8Array(0), isStream: true };
}
