/** HTTP answers: their headers, and the form of an error. */
import type { ErrorCode } from "../errors.ts";
import { jsonText } from "../render/escape.ts";

/**
 * The headers of every answer: no caching, no frames, no guessing of the type, no reading by other
 * sites.
 */
const HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** The statuses of HTTP with which something is refused. */
export type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 413 | 415 | 421 | 426 | 429 | 500 | 503;

/** Adds the headers of every answer. @param more Further headers, which take precedence. */
export function withHeaders(
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { ...HEADERS, ...more };
}

/** A JSON document. It is safe to print on a terminal as it is. */
export function jsonAnswer(document: unknown, init: ResponseInit = {}): Response {
  return new Response(`${jsonText(document)}\n`, {
    ...init,
    headers: withHeaders({ "Content-Type": "application/json; charset=utf-8" }),
  });
}

/** A plain text for people and simple programs. */
export function textAnswer(
  text: string,
  { status = 200, type = "text/plain; charset=utf-8" }: {
    readonly status?: number;
    readonly type?: string;
  } = {},
): Response {
  return new Response(text, {
    status,
    headers: withHeaders({ "Content-Type": type }),
  });
}

/** An error document, in the form that commands print: `schemas/error.v1.json`. */
export function refuse(
  status: RefusalStatus,
  message: string,
  more: Readonly<Record<string, string>> = {},
): Response {
  const answer = jsonAnswer({ error: { code: codeOf(status), message } }, { status });
  for (const [name, value] of Object.entries(more)) answer.headers.set(name, value);
  return answer;
}

function codeOf(status: RefusalStatus): ErrorCode {
  switch (status) {
    case 401:
    case 403:
      return "refused";
    case 429:
    case 503:
      return "failed";
    case 500:
      return "internal";
    default:
      return "usage";
  }
}
