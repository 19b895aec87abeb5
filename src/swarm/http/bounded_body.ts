/** Reading a body without trusting how long it is, or in what pieces it comes. */

/**
 * Reads a whole body, decompressed, in little more room than it takes.
 *
 * @param maxBytes The most that is read.
 * @returns `null` if there is more; the rest is then discarded and the connection given up.
 */
export async function readBounded(
  response: Response,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const { body, headers } = response;
  const said = headers.get("content-length");
  // No more than that can come, and it costs less than a reader. But Deno 2.9.6 leaves there what a
  // compressed body said of itself.
  if (said !== null && Number(said) <= maxBytes && !headers.has("content-encoding")) {
    return await response.bytes();
  }
  let bytes = new Uint8Array(0);
  let length = 0;
  for await (const piece of body ?? []) {
    const start = length;
    length += piece.length;
    // Leaving the loop cancels the rest.
    if (length > maxBytes) return null;
    if (length > bytes.length) {
      // Not piece by piece: each would cost ten times its bytes if they are sent one at a time.
      const roomy = new Uint8Array(Math.min(2 * length, maxBytes));
      roomy.set(bytes);
      bytes = roomy;
    }
    bytes.set(piece, start);
  }
  return bytes.subarray(0, length);
}
