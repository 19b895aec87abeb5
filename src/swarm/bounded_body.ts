/** Gathering bytes without trusting how many come, or in what pieces. */

/** Bytes that come in pieces, up to a limit, in little more room than they take. */
export class GatheredBytes {
  readonly #maxBytes: number;
  #buffer: Uint8Array = new Uint8Array(0);
  #length = 0;

  /** @param maxBytes The most that is gathered. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** All so far; valid until more is added. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Adds a piece, which must not change any more; `false` if that is more than there may be. */
  add(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#maxBytes) return false;
    if (this.#length === 0) {
      // Mostly the only one.
      this.#buffer = piece;
    } else {
      this.#grow(length);
      this.#buffer.set(piece, this.#length);
    }
    this.#length = length;
    return true;
  }

  /** Not piece by piece: each would cost ten times its bytes if they are sent one at a time. */
  #grow(length: number): void {
    if (length <= this.#buffer.length) return;
    const roomy = new Uint8Array(Math.max(length, Math.min(2 * length, this.#maxBytes)));
    roomy.set(this.bytes);
    this.#buffer = roomy;
  }
}

/**
 * Reads a whole body, decompressed.
 *
 * @param maxBytes The most that is read.
 * @returns `null` if there is more; the rest is then discarded and the connection given up.
 */
export async function readBounded(
  response: Response,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const { body, headers } = response;
  const length = headers.get("content-length");
  // A reader costs `status` a tenth of its own work. With a length, no more than that can come; but
  // it is that of the compressed body, and Deno leaves both headers there (2.9.6).
  if (length !== null && Number(length) <= maxBytes && !headers.has("content-encoding")) {
    return await response.bytes();
  }
  const gathered = new GatheredBytes(maxBytes);
  if (body === null) return gathered.bytes;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return gathered.bytes;
    if (gathered.add(value)) continue;
    await reader.cancel();
    return null;
  }
}
