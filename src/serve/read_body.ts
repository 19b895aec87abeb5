/** Bodies of requests, which must be short here. */
import type { Clock } from "../generation/clock.ts";
import { limitTime } from "../generation/until_aborted.ts";

/** In bytes; a token or an ID is much shorter. */
const MAX_BYTES = 4_096;
/** In milliseconds. */
const MAX_MS = 5_000;

/**
 * Reads a body to its end as text; `null` if it is longer than 4 KiB, does not come within 5 s, or
 * breaks off.
 */
export async function readBody(request: Request, clock: Clock): Promise<string | null> {
  if (request.body === null) return "";
  const reader = request.body.getReader();
  using late = limitTime(MAX_MS, { clock });
  const stop = (): void => void reader.cancel().catch(() => {});
  late.signal.addEventListener("abort", stop);
  const decoder = new TextDecoder();
  let text = "";
  for (let bytes = 0;;) {
    const read = await reader.read().catch(() => null);
    if (read === null || late.signal.aborted) return null;
    const { done, value } = read;
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > MAX_BYTES) {
      stop();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}
