/** The limits of an answer: its time, its length, and how long a server wants to be left alone. */

/**
 * A signal that is aborted after a time; `null`: no limit. It does not use `setTimeout()`, whose first
 * use loads Deno's Node timers, which take a third of the time of an empty program. Nothing stops it,
 * but it keeps no process alive.
 */
export function timeUp(timeoutMs: number | null): AbortSignal | null {
  return timeoutMs === null ? null : AbortSignal.timeout(Math.max(0, Math.ceil(timeoutMs)));
}

/**
 * Reads a whole body as UTF-8 text, decompressed.
 *
 * @param maxBytes The most that is read.
 * @returns `null` if there is more; the rest is then discarded and the connection closed.
 */
export async function readText(response: Response, maxBytes: number): Promise<string | null> {
  const { body, headers } = response;
  const said = headers.get("content-length");
  // The body cannot be longer than that, and this costs less than a reader. But Deno 2.9.6 keeps
  // the length of a compressed body here.
  if (said !== null && Number(said) <= maxBytes && !headers.has("content-encoding")) {
    return await response.text();
  }
  const bytes = await readBounded(body, maxBytes);
  return bytes && new TextDecoder().decode(bytes);
}

/**
 * Reads a whole body with little more memory than its size.
 *
 * @param maxBytes The most that is read.
 * @returns `null` if there is more; the rest is then cancelled.
 */
export async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array | null> {
  let bytes = new Uint8Array(0);
  let length = 0;
  for await (const piece of body ?? []) {
    const start = length;
    length += piece.length;
    // Leaving the loop cancels the rest.
    if (length > maxBytes) return null;
    if (length > bytes.length) {
      // Not chunk by chunk: if bytes come one at a time, each chunk would take ten times its size.
      const roomy = new Uint8Array(Math.min(2 * length, maxBytes));
      roomy.set(bytes);
      bytes = roomy;
    }
    bytes.set(piece, start);
  }
  return bytes.subarray(0, length);
}

/**
 * The time of `Retry-After`, seconds or a date, in milliseconds from now; `null` if it is missing
 * or not understood.
 *
 * @param nowMs Epoch milliseconds.
 */
export function readRetryAfter(headers: Headers, nowMs: number): number | null {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const dateMs = /GMT$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowMs);
}
